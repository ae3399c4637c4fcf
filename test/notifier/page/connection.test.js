// HTTP has the true state, the socket makes updates fast: what the page does if one of them fails.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { becomes } from '../process/support/api.js';
import { Notifier } from '../process/support/notifier.js';
import { Proxy } from '../process/support/proxy.js';
import { people } from '../process/support/workbook.js';
import { shoot, webRoot } from './support/browser.js';
import { card, importFile, setting, stopAtTheGate } from './support/desk.js';
import { AT_THE_GATE } from './support/slow_table.js';

const FAILED_TO_LOAD = [/Failed to load resource|WebSocket connection/];

const desk = setting({ slow: true });

const stop = (page, name) => stopAtTheGate(desk, page, name, people(6000));

test('S-132 S-141 the socket is there while a task is active, and only then', async () => {
  const page = await desk.open();
  await page.getByText('No imports yet').waitFor();
  await becomes(desk.server.url, 'sessions', 0);
  assert.equal(await page.getByText('Live').count(), 0);
  await stop(page, 'lazy.xlsx');
  await page.getByText('Live').waitFor();
  await becomes(desk.server.url, 'rooms', 1);
  await desk.gate.open();
  await card(page, 'lazy.xlsx', 'COMPLETED').waitFor();
  await page.getByText('Live').waitFor({ state: 'detached' });
  await becomes(desk.server.url, 'sessions', 0);
  await becomes(desk.server.url, 'rooms', 0);
});

test('two windows see the same task', async () => {
  const first = await desk.open();
  const second = await desk.open();
  await stop(first, 'shared.xlsx');
  await second.reload();
  await card(second, 'shared.xlsx', 'PROCESSING').getByText(AT_THE_GATE).waitFor();
  await becomes(desk.server.url, 'sockets', 2);
  await desk.gate.open();
  await Promise.all([first, second].map((page) => card(page, 'shared.xlsx', 'COMPLETED').waitFor()));
});

test('with WebSocket blocked events come by polling', async () => {
  const page = await desk.open({ expected: FAILED_TO_LOAD });
  await page.routeWebSocket(/socket\.io/, (socket) => socket.close());
  await stop(page, 'polling.xlsx');
  await page.getByText('Live').waitFor();
  // The list would not know before the next half minute.
  await desk.gate.open();
  await card(page, 'polling.xlsx', 'COMPLETED').waitFor({ timeout: 15000 });
});

test('S-135 S-142 with Socket.IO blocked the list is read more often, and the end is seen', async () => {
  const page = await desk.open({ expected: FAILED_TO_LOAD });
  await page.routeWebSocket(/socket\.io/, (socket) => socket.close());
  await page.route(/\/socket\.io\//, (route) => route.abort());
  await desk.gate.close();
  await importFile(page, 'blocked.xlsx', people(6000));
  const task = card(page, 'blocked.xlsx', 'PROCESSING');
  await page.getByText('Reconnecting...').waitFor();
  await task.getByText(AT_THE_GATE).waitFor();
  await shoot(page, 'reconnecting');
  await desk.gate.open();
  await card(page, 'blocked.xlsx', 'COMPLETED').waitFor({ timeout: 15000 });
  await page.getByText('Reconnecting...').waitFor({ state: 'detached' });
});

test('a sidecar that is killed in mid-run and comes back is taken up again', async () => {
  const page = await desk.open({ expected: FAILED_TO_LOAD });
  await stop(page, 'killed.xlsx');
  await page.getByText('Live').waitFor();
  await desk.server.stop('SIGKILL');
  await page.getByText('Reconnecting...').waitFor();
  // What was known stays.
  await card(page, 'killed.xlsx', 'PROCESSING').getByText(AT_THE_GATE).waitFor();
  await page.getByText('The list could not be read.').waitFor();
  await shoot(page, 'offline');
  await desk.gate.open();
  await desk.serve({ port: desk.server.port });
  await card(page, 'killed.xlsx', 'COMPLETED').waitFor();
  await page.getByText('The list could not be read.').waitFor({ state: 'detached' });
});

test('the end is seen when the database falls silent or goes away in mid-run', async () => {
  const proxy = await Proxy.start(desk.db.env);
  const behind = await Notifier.start({ 'database-url': proxy.through(desk.db.url), 'web-root': webRoot });
  const page = await desk.open({ expected: FAILED_TO_LOAD }, behind.url);
  const away = async () => {
    await proxy.refuse();
    proxy.reset();
  };
  for (const [name, how] of [['silent.xlsx', () => proxy.silence()], ['away.xlsx', away]]) {
    await stop(page, name);
    await page.getByText('Live').waitFor();
    await how();
    await desk.gate.open();
    assert.equal(await desk.db.query(`SELECT xlsx.wait(id) FROM xlsx.tasks WHERE file_name = '${name}'`), 'COMPLETED');
    await proxy.restore();
    // The list would not know before the next half minute.
    await card(page, name, 'COMPLETED').waitFor({ timeout: 20000 });
  }
  await behind.stop();
  proxy.close();
});

test('S-135 S-178 on reconnecting the list is read at once and the room is joined again', async () => {
  const page = await desk.open({ expected: FAILED_TO_LOAD });
  await stop(page, 'back.xlsx');
  await page.getByText('Live').waitFor();
  await desk.server.stop('SIGKILL');
  await page.getByText('Reconnecting...').waitFor();
  await desk.serve({ port: desk.server.port });
  await page.getByText('Live').waitFor();
  await becomes(desk.server.url, 'rooms', 1);
  await desk.gate.open();
  await card(page, 'back.xlsx', 'COMPLETED').waitFor({ timeout: 15000 });
});
