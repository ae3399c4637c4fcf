// Many tabs of one browser. Over HTTP/1.1 it opens six connections to a host, so tabs share what would hold one each: the socket and the stream
// of one's own tasks. By the stream a tab knows at once what happens elsewhere, also while none of its tasks is active.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { becomes } from '../process/support/api.js';
import { Tenants, ANN, BOB } from '../process/support/tenants.js';
import { now, token } from '../process/support/token.js';
import { people } from '../process/support/workbook.js';
import { webRoot } from './support/browser.js';
import { card, importFile, setting, stopAtTheGate } from './support/desk.js';

const FAILED_TO_LOAD = [/Failed to load resource|WebSocket connection/];
const AT_ONCE = { timeout: 10000 };    // long before the next poll

const desk = setting({ slow: true });

const row = (page, id) => page.locator(`[data-task="${id}"]`);
const blockWebSocket = (page) => page.context().routeWebSocket(/socket\.io/, (socket) => socket.close());
// As over plain http from another machine.
const insecure = (page) => page.context().addInitScript(() => {
  Object.defineProperty(Navigator.prototype, 'locks', { get: () => undefined });
  globalThis.seen = 'visible';
  Object.defineProperty(Document.prototype, 'visibilityState', { get: () => globalThis.seen });
});
const turn = (page, seen) => page.evaluate((value) => {
  globalThis.seen = value;
  document.dispatchEvent(new Event('visibilitychange'));
}, seen);

describe('seven tabs', { timeout: 120000 }, () => {
  for (const [how, prepare] of [['by WebSocket', undefined], ['with WebSocket blocked', blockWebSocket]]) {
    test(`are live over HTTP/1.1, ${how}: each loads, reads and writes, and hears the end`, async () => {
      const first = await desk.open({ expected: FAILED_TO_LOAD, prepare });
      const name = `seven ${how}.xlsx`;
      await stopAtTheGate(desk, first, name, people(6000));
      const tabs = [first];
      while (tabs.length < 7) tabs.push(await desk.tab(first));
      for (const page of tabs) await page.getByText('Live').waitFor();
      await becomes(desk.server.url, 'sockets', 1);
      await becomes(desk.server.url, 'streams', 1);
      // The list is read, and a file is looked at and imported, beside everything that is held.
      for (const page of tabs) assert.equal(await page.evaluate(() => fetch('/upload-xlsx/tasks').then(({ status }) => status)), 200);
      await importFile(tabs[6], `more ${how}.xlsx`, people(3));
      for (const page of tabs) await card(page, `more ${how}.xlsx`).waitFor(AT_ONCE);
      await desk.gate.open();
      for (const page of tabs) {
        await card(page, name, 'COMPLETED').waitFor(AT_ONCE);
        await card(page, `more ${how}.xlsx`, 'COMPLETED').waitFor(AT_ONCE);
        await page.getByText('Live').waitFor({ state: 'detached' });
      }
      await becomes(desk.server.url, 'sockets', 0);
    });
  }

  test('lose the one that leads: the next one takes its place, for the socket and the stream', async () => {
    const first = await desk.open();
    await stopAtTheGate(desk, first, 'leader.xlsx', people(6000));
    const tabs = [await desk.tab(first), await desk.tab(first)];
    for (const page of tabs) await page.getByText('Live').waitFor();
    await first.close();
    for (const page of tabs) await page.getByText('Live').waitFor();
    await becomes(desk.server.url, 'sockets', 1);
    await becomes(desk.server.url, 'streams', 1);
    const id = await desk.db.idleTask();
    for (const page of tabs) await row(page, id).waitFor(AT_ONCE);
    await desk.gate.open();
    await desk.db.query(`SELECT xlsx.cancel(${id})`);
    for (const page of tabs) {
      await card(page, 'leader.xlsx', 'COMPLETED').waitFor(AT_ONCE);
      await row(page, id).and(page.locator('[data-status=CANCELLED]')).waitFor(AT_ONCE);
    }
  });

  test('leave a room when the last tab that is in it closes', async () => {
    await desk.db.query('SELECT count(xlsx.cancel(id)) FROM xlsx.tasks WHERE status = $$PENDING$$');
    const first = await desk.open();
    await first.getByRole('combobox', { name: 'Show' }).selectOption('PENDING');
    const id = await desk.db.idleTask();
    await row(first, id).waitFor(AT_ONCE);
    await first.getByText('Live').waitFor();
    const other = await desk.db.idleTask();
    const second = await desk.tab(first);
    await row(second, other).waitFor();
    await second.getByText('Live').waitFor();
    await becomes(desk.server.url, 'rooms', 2);
    await second.close();
    await first.getByText('Live').waitFor();
    await becomes(desk.server.url, 'sockets', 1);
    await desk.db.query(`SELECT xlsx.cancel(${id}), xlsx.cancel(${other})`);
    await becomes(desk.server.url, 'rooms', 0);
  });
});

describe('a tab without an active task', { timeout: 120000 }, () => {
  test('knows at once of a task that comes, ends, is undone, runs again, and is deleted in another', async () => {
    const first = await desk.open();
    const second = await desk.tab(first);
    await importFile(first, 'elsewhere.xlsx', people(3));
    await card(second, 'elsewhere.xlsx', 'COMPLETED').waitFor(AT_ONCE);
    await card(first, 'elsewhere.xlsx', 'COMPLETED').waitFor();
    await card(first, 'elsewhere.xlsx').getByRole('button', { name: /^Undo/ }).click();
    await first.getByRole('dialog').getByRole('button', { name: 'Undo' }).click();
    await card(second, 'elsewhere.xlsx').getByText('Undone', { exact: true }).first().waitFor(AT_ONCE);
    await card(first, 'elsewhere.xlsx').getByRole('button', { name: /^Delete/ }).click();
    await first.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await card(second, 'elsewhere.xlsx').waitFor({ state: 'detached', ...AT_ONCE });
    const id = await desk.db.query(`SELECT xlsx.submit('people', '\\x504b0304'::bytea, 'again.xlsx')`);
    await card(second, 'again.xlsx', 'FAILED').waitFor(AT_ONCE);
    await desk.db.query(`SELECT xlsx.pause(); SELECT xlsx.retry(${id})`);
    await card(second, 'again.xlsx', 'PENDING').waitFor(AT_ONCE);
    await desk.db.query('SELECT xlsx.resume()');
    await card(second, 'again.xlsx', 'FAILED').waitFor(AT_ONCE);
  });

  test('knows it after the sidecar was away, too', async () => {
    const first = await desk.open({ expected: FAILED_TO_LOAD });
    const second = await desk.tab(first);
    const id = await desk.db.query(`SELECT xlsx.submit('people', '\\x504b0304'::bytea, 'away.xlsx')`);
    for (const page of [first, second]) await card(page, 'away.xlsx', 'FAILED').waitFor(AT_ONCE);
    const { port } = desk.server;
    await desk.server.stop('SIGKILL');
    await desk.db.query(`SELECT xlsx.delete(${id})`);
    await desk.serve({ port });
    for (const page of [first, second]) await card(page, 'away.xlsx').waitFor({ state: 'detached', ...AT_ONCE });
  });

  test('where tabs cannot share, has the stream only while it is visible, and reads the list when it is seen again', async () => {
    const first = await desk.open({ prepare: insecure });
    const second = await desk.tab(first);
    await becomes(desk.server.url, 'streams', 2);
    await turn(second, 'hidden');
    await becomes(desk.server.url, 'streams', 1);
    await importFile(first, 'unseen.xlsx', people(3));
    await card(first, 'unseen.xlsx', 'COMPLETED').waitFor();
    await turn(second, 'visible');
    await card(second, 'unseen.xlsx', 'COMPLETED').waitFor(AT_ONCE);
    await becomes(desk.server.url, 'streams', 2);
  });
});

describe('tabs of two people', { timeout: 120000 }, () => {
  let tenants;
  before(async () => { tenants = await Tenants.create({ 'web-root': webRoot }); });
  after(() => tenants.remove());

  test('share nothing, and each hears of the own tasks', async () => {
    const signIn = async (page, role) => {
      await page.getByLabel('Access token').fill(token({ role, exp: now() + 3600 }));
      await page.getByRole('button', { name: 'Continue' }).click();
      await page.getByText('No imports yet').waitFor();
    };
    const ann = await desk.open({ expected: [/401/] }, tenants.server.url);
    const bob = await desk.tab(ann, tenants.server.url);
    await signIn(ann, ANN);
    await signIn(bob, BOB);
    await becomes(tenants.server.url, 'streams', 2);
    const submit = (role, name) => tenants.db.query(`SET ROLE ${role}; SELECT xlsx.submit('people', '\\x504b0304'::bytea, '${name}', run_at => now() + '1 day')`);
    await submit(ANN, 'of ann.xlsx');
    await submit(BOB, 'of bob.xlsx');
    for (const [page, mine, other] of [[ann, 'of ann.xlsx', 'of bob.xlsx'], [bob, 'of bob.xlsx', 'of ann.xlsx']]) {
      await card(page, mine).waitFor(AT_ONCE);
      await page.getByText('Live').waitFor();
      assert.equal(await card(page, other).count(), 0);
    }
    await becomes(tenants.server.url, 'sockets', 2);
  });
});
