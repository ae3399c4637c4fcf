// Every end is heard, whatever happens to the connections to the database.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { io } from 'socket.io-client';
import { BASE } from './support/api.js';
import { behindProxy } from './support/behind_proxy.js';
import { request } from './support/engine.js';
import { Member } from './support/member.js';
import { EventStream } from './support/stream.js';

const at = behindProxy();

const stream = (task, options) => EventStream.open(`${at.server.url}${BASE}/tasks/${task}/events`, options);

// An event of no history: with this number, whatever the task's is.
const notify = (task, event, data) => at.db.query(`SELECT pg_notify(name, '${task} ${event} ${JSON.stringify({ taskId: task, ...data })}') FROM xlsx_private.channel`);

describe('an end', { timeout: 120000 }, () => {
  for (const [what, how] of [
    ['cut', () => at.proxy.cut()],
    ['reset', () => at.proxy.reset()],
    ['silent', () => at.proxy.silence()],
    ['silent, new ones too for a while', () => at.proxy.silence({ newOnes: true })],
  ]) {
    test(`is heard when connections go ${what}`, async () => {
      const tasks = [await at.db.idleTask(), await at.db.idleTask(), await at.db.idleTask()];
      const member = await Member.connect(io, at.server.url);
      const streams = [];
      for (const task of tasks) {
        await member.join(task);
        streams.push(await stream(task));
      }
      how();
      for (const task of tasks) await at.db.query(`SELECT xlsx.cancel(${task})`);
      if (at.proxy.newOnesSilent) {
        await at.ready(503);
        at.proxy.speak();
      }
      const ended = [];
      while (ended.length < 3) ended.push((await member.until('task-failed')).taskId);
      assert.deepEqual(ended.sort(), [...tasks].sort());
      for (const each of streams) {
        let event;
        do event = await each.next(); while (event.event !== 'task-failed');
        assert.equal(await each.ended, true);
      }
      assert.deepEqual(await member.rest(), [], 'each once');
      member.close();
    });
  }

  test('that could not be read at once is read again until it is, and the log says so', async () => {
    const task = await at.db.idleTask();
    const member = await Member.connect(io, at.server.url);
    await member.join(task);
    await at.db.query(`SELECT xlsx.cancel(${task})`);
    await member.until('task-failed');
    const other = await at.db.idleTask();
    await member.join(other);
    // The function is away while the sidecar listens again.
    await at.db.query('ALTER FUNCTION xlsx_rest.rest_snapshot(text) RENAME TO rest_snapshot_away');
    at.proxy.reset();
    await at.db.query(`SELECT xlsx.cancel(${other})`);
    await at.server.logged(new RegExp(`state of task ${other} could not be read and is tried again`));
    await at.db.query('ALTER FUNCTION xlsx_rest.rest_snapshot_away(text) RENAME TO rest_snapshot');
    assert.equal((await member.until('task-failed')).taskId, other);
    member.close();
  });
});

describe('while the database is away', { timeout: 120000 }, () => {
  for (const [what, how] of [['refuses connections', () => at.away()], ['hangs', async () => at.proxy.silence({ newOnes: true })]]) {
    test(`and ${what}, a join waits, and the state comes later`, async () => {
      const task = await at.db.idleTask();
      const member = await Member.connect(io, at.server.url);
      await how();
      const joined = member.join(task);
      await at.ready(503);
      await at.proxy.restore();
      const [event, data] = await joined;
      assert.deepEqual([event, data.taskId], ['task-progress', task]);
      await at.db.query(`SELECT xlsx.cancel(${task})`);
      await member.until('task-failed');
      member.close();
    });

    test(`and ${what}, a stream begins with a comment, and the state comes later`, async () => {
      const task = await at.db.idleTask();
      await how();
      const open = await stream(task);
      assert.equal(open.status, 200);
      assert.match(await open.comments.next(), /^retry: \d+$/);
      await at.ready(503);
      await at.proxy.restore();
      assert.equal((await open.next()).data.status, 'PENDING');
      await open.drop();
    });
  }

  test('a stream of a task that turns out unknown ends with an exception, and the next request is 404', async () => {
    await at.away();
    const open = await stream(424242);
    assert.equal(open.status, 200);
    await at.proxy.accept();
    assert.deepEqual(await open.next(), { id: undefined, event: 'exception', data: {
      status: 'error', message: 'Task with ID 424242 not found', code: 'P0002', retryable: false, taskId: 424242 } });
    assert.equal(await open.ended, true);
    assert.equal((await request(`${at.server.url}${BASE}/tasks/424242/events`)).status, 404);
  });

  test('a join of a task that turns out unknown is an exception then', async () => {
    const member = await Member.connect(io, at.server.url);
    await at.away();
    member.socket.emit('join-task', { taskId: 424242 });
    await at.proxy.accept();
    const [event, data] = await member.next();
    assert.deepEqual([event, data.code, data.taskId, data.retryable], ['exception', 'P0002', 424242, false]);
    member.close();
  });

  test('a client that leaves or goes while its join waits leaves nothing behind', async () => {
    const task = await at.db.idleTask();
    const [goes, stays] = [await Member.connect(io, at.server.url), await Member.connect(io, at.server.url)];
    await at.away();
    for (const member of [goes, stays]) member.socket.emit('join-task', { taskId: task });
    stays.socket.emit('leave-task', { taskId: task });
    await stays.socket.emitWithAck?.('leave-task', { taskId: task + 1 });
    goes.close();
    await at.proxy.accept();
    await stays.until('left-task');
    stays.close();
    let text;
    do ({ text } = await request(`${at.server.url}/metrics`)); while (!/^pg_xlsx_notifier_rooms 0$/m.test(text));
  });
});

describe('many at once', { timeout: 120000 }, () => {
  test('joins of one client: none fails', async () => {
    const member = await Member.connect(io, at.server.url);
    const first = Number(await at.db.query(`SELECT min(id) FROM (SELECT xlsx.submit('people', '\\x504b0304'::bytea, 'idle.xlsx', run_at => now() + '1 day') AS id FROM generate_series(1, 2000)) t`));
    for (let i = 0; i < 2000; i++) member.socket.emit('join-task', { taskId: first + i });
    const joined = new Set();
    while (joined.size < 2000) {
      const [event, data] = await member.next();
      assert.notEqual(event, 'exception', JSON.stringify(data));
      if (event === 'joined-task') joined.add(data.taskId);
    }
    member.close();
    await at.db.query('DELETE FROM xlsx_private.task');
  });

  test('streams that come back together after an outage: all are answered', async () => {
    const task = await at.db.idleTask();
    await at.away();
    const streams = await Promise.all(Array.from({ length: 1000 }, () => stream(task)));
    await at.proxy.accept();
    assert.deepEqual([...new Set(streams.map(({ status }) => status))], [200]);
    for (const each of streams) assert.equal((await each.next()).data.status, 'PENDING');
    await Promise.all(streams.map((each) => each.drop()));
  });
});

describe('numbers of another history', { timeout: 60000 }, () => {
  test('a Last-Event-ID ahead of the task starts from the state', async () => {
    const task = await at.db.idleTask();
    const open = await stream(task, { headers: { 'last-event-id': '5000' } });
    assert.equal((await open.next()).data.status, 'PENDING');
    await at.db.emit(task, 'task-progress', { phase: 'SAVING', progress: 1 });
    assert.equal((await open.next()).data.progress, 1);
    await at.db.query(`SELECT xlsx.cancel(${task})`);
    assert.equal((await open.next()).event, 'task-failed');
    assert.equal(await open.ended, true);
    const late = await stream(task, { headers: { 'last-event-id': '5000' } });
    const end = await late.next();
    assert.equal(end.event, 'task-failed');
    assert.equal(await late.ended, true);
    assert.equal((await request(`${at.server.url}${BASE}/tasks/${task}/events`, { headers: { 'last-event-id': end.id } })).status, 204);
  });

  test('a room whose numbers go back after a failover goes on from the state', async () => {
    const task = await at.db.idleTask();
    const member = await Member.connect(io, at.server.url);
    const open = await stream(task);
    await member.join(task);
    await open.next();
    await notify(task, 'task-progress', { seq: 7000, phase: 'SAVING', progress: 90 });
    assert.equal((await member.next())[1].progress, 90);
    await open.next();
    at.proxy.reset();
    assert.equal((await member.next())[1].status, 'PENDING');
    assert.equal((await open.next()).data.status, 'PENDING');
    await at.db.query(`SELECT xlsx.cancel(${task})`);
    assert.equal((await member.next())[0], 'task-failed');
    assert.equal((await open.next()).event, 'task-failed');
    member.close();
  });

  test('an end is sent once, whatever its number is after a failover', async () => {
    const task = await at.db.idleTask();
    const member = await Member.connect(io, at.server.url);
    await member.join(task);
    await at.db.query(`SELECT xlsx.cancel(${task})`);
    await member.until('task-failed');
    for (const change of ['+ 5', '- 5']) {
      await at.db.query(`UPDATE xlsx_private.task SET seq = seq ${change} WHERE id = ${task}`);
      at.proxy.reset();
      await at.ready(503);
      await at.ready(200);
    }
    assert.deepEqual(await member.rest(), []);
    await at.db.query(`SELECT xlsx.retry(${task})`);
    await member.until('task-progress');
    member.close();
  });
});

test('an exception names the task, a code, and whether to try again', async () => {
  const member = await Member.connect(io, at.server.url);
  member.socket.emit('join-task', { taskId: 'seven' });
  assert.deepEqual(await member.next(), ['exception', { status: 'error', message: 'taskId must be a positive integer', code: 'invalid_task_id', retryable: false }]);
  const answer = await new Promise((resolve) => member.socket.emit('join-task', { taskId: 424242 }, resolve));
  assert.deepEqual(answer, { status: 'error', message: 'Task with ID 424242 not found', code: 'P0002', retryable: false, taskId: 424242 });
  member.close();
});
