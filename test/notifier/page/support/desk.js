// What each file of tests of the page begins with: a database, a sidecar that serves the page, and a browser. After each test its windows
// are closed, and none of them has met a fault.

import assert from 'node:assert/strict';
import { after, afterEach, before } from 'node:test';
import { Database } from '../../process/support/cluster.js';
import { Notifier } from '../../process/support/notifier.js';
import { workbook } from '../../process/support/workbook.js';
import { file, launch, open, tab, webRoot } from './browser.js';
import { AT_THE_GATE, slowTable } from './slow_table.js';

class Desk {
  windows = [];

  // Starts a sidecar in place of one that has ended, on its port if it is given.
  async serve(settings = {}) {
    this.server = await Notifier.start({ 'database-url': this.db.url, 'web-root': webRoot, ...settings });
  }

  async open(options, url = this.server.url) {
    const page = await open(this.browser, url, options);
    this.windows.push(page);
    return page;
  }

  // Another tab of the window that a page is in.
  async tab(page, url = this.server.url) {
    const other = await tab(page, url);
    this.windows.push(other);
    return other;
  }

  async closeWindows() {
    const faults = this.windows.flatMap((page) => page.faults);
    for (const page of this.windows) await page.context().close();
    this.windows = [];
    assert.deepEqual(faults, []);
  }
}

// slow: the table stops where a test wants to look (slow_table.js). cleanUp is called after each test, when its windows are closed.
export function setting({ slow = false, settings, cleanUp } = {}) {
  const desk = new Desk();
  before(async () => {
    desk.db = await Database.create();
    if (slow) desk.gate = await slowTable(desk.db);
    await desk.serve(settings);
    desk.browser = await launch();
  });
  after(async () => {
    await desk.browser.close();
    await desk.gate?.end();
    await desk.server.stop();
    await desk.db.drop();
  });
  afterEach(async () => {
    await desk.closeWindows();
    await cleanUp?.(desk);
  });
  return desk;
}

// An import by its file's name.
export const card = (page, name, status) => page.locator(status ? `[data-status=${status}]` : '[data-task]')
  .filter({ has: page.getByRole('heading', { name, exact: true }) }).first();

export async function importFile(page, name, rows, { button = 'Import' } = {}) {
  await page.locator('input[type=file]').setInputFiles(file(name, workbook(rows)));
  const item = page.getByRole('listitem', { name }).filter({ has: page.getByRole('button', { name: button, exact: true }) });
  await item.getByRole('button', { name: button, exact: true }).click();
  if (button === 'Import') await confirmAgain(page, item);
}

// Many tests import the same rows, and the page asks then. Ends when the file is on its way.
async function confirmAgain(page, item) {
  const again = page.getByRole('dialog').getByRole('button', { name: 'Import again' });
  await Promise.race([again.click({ timeout: 0 }).catch(() => {}), item.waitFor({ state: 'detached' })]);
}

// With a slow table: until the import waits at its gate.
export async function stopAtTheGate(desk, page, name, rows) {
  await desk.gate.close();
  await importFile(page, name, rows);
  await card(page, name, 'PROCESSING').getByText(AT_THE_GATE).waitFor();
}
