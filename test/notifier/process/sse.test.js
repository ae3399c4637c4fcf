// Server-sent events: what EventSource and curl -N get.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { api, becomes, BASE, metric, upload } from './support/api.js';
import { Database } from './support/cluster.js';
import { request } from './support/engine.js';
import { Notifier } from './support/notifier.js';
import { EventStream } from './support/stream.js';
import { people, workbook } from './support/workbook.js';

let db;
let server;

before(async () => {
  db = await Database.create();
  server = await Notifier.start({ 'database-url': db.url, 'ping-interval': '200ms', 'max-queue': '1MB' });
});
after(async () => {
  await server.stop();
  await db.drop();
});

const open = (task, options, query = '') => EventStream.open(`${server.url}${BASE}/tasks/${task}/events${query}`, options);

describe('a stream', () => {
  for (const id of ['+2', '%202', '2%20', '0x2', '2.0', '9223372036854775808', '-9223372036854775809', '1e3', '%2B2', '२']) {
    test(`of the task "${id}" is refused as REST refuses it`, async () => {
      const path = `/tasks/${encodeURI(decodeURI(id))}`;
      const [rest, events] = [await api(server.url, path), await api(server.url, `${path}/events`)];
      assert.deepEqual(events.json.message, rest.json.message);
      assert.equal(events.status, rest.status);
      assert.ok([400, 404].includes(events.status));
    });
  }

  for (const id of ['-1', '0', '00999999', '9223372036854775807', '-9223372036854775808']) {
    test(`of the task "${id}", which is not there, is 404 as in REST`, async () => {
      const [rest, events] = [await api(server.url, `/tasks/${id}`), await api(server.url, `/tasks/${id}/events`)];
      assert.deepEqual([events.status, events.json], [404, rest.json]);
    });
  }

  test('starts with the state, then tells each event with its number', async () => {
    const task = await db.idleTask();
    const stream = await open(task);
    assert.equal(stream.status, 200);
    assert.match(stream.headers['content-type'], /^text\/event-stream/);
    assert.equal(stream.headers['cache-control'], 'no-store');
    const state = await stream.next();
    assert.equal(state.event, 'task-progress');
    assert.equal(state.data.status, 'PENDING');
    await db.emit(task, 'task-progress', { phase: 'LOADING_WORKBOOK' });
    const event = await stream.next();
    assert.deepEqual([event.event, event.data.phase, Number(event.id)], ['task-progress', 'LOADING_WORKBOOK', event.data.seq]);
    await stream.drop();
  });

  test('tells nothing twice to one that comes back with Last-Event-ID', async () => {
    const task = await db.idleTask();
    const first = await open(task);
    await first.next();
    for (let i = 0; i < 3; i++) await db.emit(task, 'task-progress', { phase: 'VALIDATING', progress: i });
    let last;
    for (let i = 0; i < 3; i++) last = await first.next();
    await first.drop();
    const again = await open(task, { headers: { 'last-event-id': last.id } });
    await db.emit(task, 'task-progress', { phase: 'VALIDATING', progress: 50 });
    const event = await again.next();
    assert.equal(event.data.progress, 50);
    await again.drop();
    await db.emit(task, 'task-progress', { phase: 'VALIDATING', progress: 60 });
    const missed = await open(task, {}, `?lastEventId=${event.id}`);
    assert.ok(Number((await missed.next()).id) > Number(event.id), 'the state stands for what was missed');
    await missed.drop();
  });

  test('ends with its task; EventSource, which asks again, gets 204', async () => {
    const { json: { taskId } } = await upload(server.url, workbook(people(20)));
    const stream = await open(taskId);
    let event;
    let seq = -1;
    do {
      event = await stream.next();
      assert.ok(Number(event.id) > seq);
      seq = Number(event.id);
    } while (event.event !== 'task-completed');
    assert.equal(await stream.ended, true, 'the answer is whole');
    assert.equal(event.data.savedRows, 20);
    const again = await request(`${server.url}${BASE}/tasks/${taskId}/events`, { headers: { 'last-event-id': event.id } });
    assert.equal(again.status, 204);
    const late = await open(taskId);
    assert.equal((await late.next()).event, 'task-completed');
    await late.ended;
  });

  test('beats while nothing happens', async () => {
    const stream = await open(await db.idleTask());
    assert.match(await stream.comments.next(), /^retry: \d+$/);
    assert.equal(await stream.comments.next(), ':');
    assert.equal(await stream.comments.next(), ':');
    await stream.drop();
  });

  test('goes away with its client', async () => {
    await becomes(server.url, 'streams', 0);
    const stream = await open(await db.idleTask());
    assert.equal(await metric(server.url, 'streams'), 1);
    await stream.drop();
    await becomes(server.url, 'streams', 0);
    await becomes(server.url, 'rooms', 0);
  });

  test('HEAD has the head only', async () => {
    const { status, headers, text } = await request(`${server.url}${BASE}/tasks/${await db.idleTask()}/events`, { method: 'HEAD' });
    assert.deepEqual([status, text], [200, '']);
    assert.match(headers['content-type'], /^text\/event-stream/);
    await becomes(server.url, 'streams', 0);
  });

  for (const [id, status] of [['999999', 404], ['x', 400], ['-1', 404], ['99999999999999999999', 400]]) {
    test(`of task ${id}: ${status}`, async () => {
      assert.equal((await api(server.url, `/tasks/${id}/events`)).status, status);
      assert.equal(await metric(server.url, 'rooms'), 0);
    });
  }

  test('of a client that does not read is cut, and others are served', async () => {
    const task = await db.idleTask();
    const slow = await open(task);
    slow.pause();
    const other = await open(task);
    await other.next();
    const before = await metric(server.url, 'slow_clients_total');
    const text = 'x'.repeat(7000);
    for (let round = 0; await metric(server.url, 'slow_clients_total') === before; round++) {
      assert.ok(round < 100);
      await db.query(`SELECT xlsx.emit(${task}, 'task-progress', json_build_object('phase', 'SAVING', 'text', '${text}', 'i', i)) FROM generate_series(1, 60) i`);
      for (let i = 0; i < 60; i++) await other.next();
    }
    await other.drop();
    await slow.drop();
  });

  test('ends in good order when the server stops', async () => {
    const second = await Notifier.start({ 'database-url': db.url });
    const task = await db.idleTask();
    const stream = await EventStream.open(`${second.url}${BASE}/tasks/${task}/events`);
    await stream.next();
    const { code } = await second.stop();
    assert.equal(await stream.ended, true);
    assert.equal(code, 0);
  });
});
