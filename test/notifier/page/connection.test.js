// HTTP has the true state, the socket makes updates fast: what the page does if one of them fails.

import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { Database } from '../process/support/cluster.js';
import { becomes } from '../process/support/api.js';
import { Notifier } from '../process/support/notifier.js';
import { Proxy } from '../process/support/proxy.js';
import { people, workbook } from '../process/support/workbook.js';
import { file, launch, open, shoot, webRoot } from './support/browser.js';
import { AT_THE_GATE, slowTable } from './support/slow_table.js';

const FAILED_TO_LOAD = [/Failed to load resource|WebSocket connection/];

let db;
let server;
let browser;
let gate;
let pages = [];

before(async () => {
  db = await Database.create();
  gate = await slowTable(db);
  server = await Notifier.start({ 'database-url': db.url, 'web-root': webRoot });
  browser = await launch();
});
after(async () => {
  await browser.close();
  await gate.end();
  await server.stop();
  await db.drop();
});
afterEach(async () => {
  const faults = pages.flatMap((page) => page.faults);
  for (const page of pages) await page.context().close();
  pages = [];
  assert.deepEqual(faults, []);
});

async function window(options) {
  const page = await open(browser, server.url, options);
  pages.push(page);
  return page;
}

const ended = (page, name, status) => page.locator(`[data-status=${status}]`).filter({ has: page.getByRole('heading', { name, exact: true }) });

async function importFile(page, name, rows) {
  await page.locator('input[type=file]').setInputFiles(file(name, workbook(rows)));
  await page.getByRole('listitem', { name }).getByRole('button', { name: 'Import', exact: true }).click();
}

async function stopAtTheGate(page, name) {
  await gate.close();
  await importFile(page, name, people(6000));
  await ended(page, name, 'PROCESSING').getByText(AT_THE_GATE).waitFor();
}

test('S-132 S-141 the socket is there while a task is active, and only then', async () => {
  const page = await window();
  await page.getByText('No imports yet').waitFor();
  await becomes(server.url, 'sessions', 0);
  assert.equal(await page.getByText('Live').count(), 0);
  await stopAtTheGate(page, 'lazy.xlsx');
  await page.getByText('Live').waitFor();
  await becomes(server.url, 'rooms', 1);
  await gate.open();
  await ended(page, 'lazy.xlsx', 'COMPLETED').waitFor();
  await page.getByText('Live').waitFor({ state: 'detached' });
  await becomes(server.url, 'sessions', 0);
  await becomes(server.url, 'rooms', 0);
});

test('two windows see the same task', async () => {
  const first = await window();
  const second = await window();
  await stopAtTheGate(first, 'shared.xlsx');
  await second.reload();
  await ended(second, 'shared.xlsx', 'PROCESSING').getByText(AT_THE_GATE).waitFor();
  await becomes(server.url, 'sockets', 2);
  await gate.open();
  await Promise.all([first, second].map((page) => ended(page, 'shared.xlsx', 'COMPLETED').waitFor()));
});

test('with WebSocket blocked events come by polling', async () => {
  const page = await window({ expected: FAILED_TO_LOAD });
  await page.routeWebSocket(/socket\.io/, (socket) => socket.close());
  await stopAtTheGate(page, 'polling.xlsx');
  await page.getByText('Live').waitFor();
  // The list would not know before the next half minute.
  await gate.open();
  await ended(page, 'polling.xlsx', 'COMPLETED').waitFor({ timeout: 15000 });
});

test('S-135 S-142 with Socket.IO blocked the list is read more often, and the end is seen', async () => {
  const page = await window({ expected: FAILED_TO_LOAD });
  await page.routeWebSocket(/socket\.io/, (socket) => socket.close());
  await page.route(/\/socket\.io\//, (route) => route.abort());
  await gate.close();
  await importFile(page, 'blocked.xlsx', people(6000));
  const task = ended(page, 'blocked.xlsx', 'PROCESSING');
  await page.getByText('Reconnecting...').waitFor();
  await task.getByText(AT_THE_GATE).waitFor();
  await shoot(page, 'reconnecting');
  await gate.open();
  await ended(page, 'blocked.xlsx', 'COMPLETED').waitFor({ timeout: 15000 });
  await page.getByText('Reconnecting...').waitFor({ state: 'detached' });
});

test('a sidecar that is killed in mid-run and comes back is taken up again', async () => {
  const page = await window({ expected: FAILED_TO_LOAD });
  await stopAtTheGate(page, 'killed.xlsx');
  await page.getByText('Live').waitFor();
  await server.stop('SIGKILL');
  await page.getByText('Reconnecting...').waitFor();
  // What was known stays.
  await ended(page, 'killed.xlsx', 'PROCESSING').getByText(AT_THE_GATE).waitFor();
  await page.getByText('The list could not be read.').waitFor();
  await shoot(page, 'offline');
  await gate.open();
  server = await Notifier.start({ 'database-url': db.url, 'web-root': webRoot, port: server.port });
  await ended(page, 'killed.xlsx', 'COMPLETED').waitFor();
  await page.getByText('The list could not be read.').waitFor({ state: 'detached' });
});

test('the end is seen when the database falls silent or goes away in mid-run', async () => {
  const proxy = await Proxy.start(db.env);
  const behind = await Notifier.start({ 'database-url': proxy.through(db.url), 'web-root': webRoot });
  const page = await open(browser, behind.url, { expected: FAILED_TO_LOAD });
  pages.push(page);
  const away = async () => {
    await proxy.refuse();
    proxy.reset();
  };
  for (const [name, how] of [['silent.xlsx', () => proxy.silence()], ['away.xlsx', away]]) {
    await stopAtTheGate(page, name);
    await page.getByText('Live').waitFor();
    await how();
    await gate.open();
    assert.equal(await db.query(`SELECT xlsx.wait(id) FROM xlsx.tasks WHERE file_name = '${name}'`), 'COMPLETED');
    await proxy.restore();
    // The list would not know before the next half minute.
    await ended(page, name, 'COMPLETED').waitFor({ timeout: 20000 });
  }
  await behind.stop();
  proxy.close();
});

test('S-135 S-178 on reconnecting the list is read at once and the room is joined again', async () => {
  const page = await window({ expected: FAILED_TO_LOAD });
  await stopAtTheGate(page, 'back.xlsx');
  await page.getByText('Live').waitFor();
  await server.stop('SIGKILL');
  await page.getByText('Reconnecting...').waitFor();
  server = await Notifier.start({ 'database-url': db.url, 'web-root': webRoot, port: server.port });
  await page.getByText('Live').waitFor();
  await becomes(server.url, 'rooms', 1);
  await gate.open();
  await ended(page, 'back.xlsx', 'COMPLETED').waitFor({ timeout: 15000 });
});
