// What happens to a task after its end: it is undone, or deleted, and whoever listens hears of it.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { io } from 'socket.io-client';
import { BASE, upload } from './support/api.js';
import { atEnd } from './support/cleanup.js';
import { Database } from './support/cluster.js';
import { request } from './support/engine.js';
import { Inbox } from './support/inbox.js';
import { Notifier } from './support/notifier.js';
import { EventStream } from './support/stream.js';
import { people, workbook } from './support/workbook.js';

let db;
let server;

before(async () => {
  db = await Database.create();
  server = await Notifier.start({ 'database-url': db.url });
});
after(async () => {
  await server.stop();
  await db.drop();
});

async function imported() {
  const { json } = await upload(server.url, workbook(people(3)));
  assert.equal(await db.query(`SELECT xlsx.wait(${json.taskId})`), 'COMPLETED');
  return json.taskId;
}

async function joined(task) {
  const socket = io(`${server.url}/upload-xlsx`, { forceNew: true });
  atEnd(() => socket.close());
  socket.events = new Inbox();
  socket.onAny((name, data) => socket.events.put([name, data]));
  await once(socket, 'connect');
  await socket.emitWithAck('join-task', { taskId: task });
  await socket.events.take(2);
  return socket;
}

const call = async (method, path) => {
  const { status, text } = await request(`${server.url}${BASE}${path}`, { method, headers: { 'content-length': 0 } });
  assert.equal(status, 200, text);
  return JSON.parse(text);
};

test('an undo is told with the task as it is then, a deletion with its id, and nothing after it', async () => {
  const task = await imported();
  const socket = await joined(task);
  await call('POST', `/tasks/${task}/undo`);
  const [undone, state] = await socket.events.next();
  const { dataCount, errorCount, ...now } = await call('GET', `/tasks/${task}`);
  const { taskId, seq, ...told } = state;
  assert.deepEqual([undone, taskId, told], ['task-undone', task, now]);
  assert.deepEqual([told.undone, told.savedRows, told.undoneRows], [true, 0, 3]);

  await call('DELETE', `/tasks/${task}`);
  const [deleted, last] = await socket.events.next();
  assert.deepEqual([deleted, Object.keys(last), last.taskId], ['task-deleted', ['taskId', 'seq'], task]);
  assert.ok(last.seq > seq);
  // the room is left: the next event is of another task
  const other = await db.idleTask();
  socket.emit('join-task', { taskId: other });
  assert.deepEqual(await socket.events.next(), ['joined-task', { taskId: other }]);
  socket.close();
});

test('a deletion from SQL, in a transaction with others, is told at its commit, and not when it is taken back', async () => {
  const [task, other] = [await imported(), await imported()];
  const [socket, second] = [await joined(task), await joined(other)];
  const session = db.session();
  await session.run(`BEGIN; SELECT xlsx.delete(${task}); ROLLBACK`);
  await session.run(`BEGIN; SELECT xlsx.undo(${other}), xlsx.delete(${task}); COMMIT`);
  await session.close();
  assert.equal((await second.events.next())[0], 'task-undone');
  assert.equal((await socket.events.next())[0], 'task-deleted');
  socket.close();
  second.close();
});

test('a stream of a task that waits hears that it is cancelled, which ends it; one that is deleted says so', async () => {
  const task = await db.idleTask();
  const stream = await EventStream.open(`${server.url}${BASE}/tasks/${task}/events`);
  await stream.next();
  await db.emit(task, 'task-deleted', {});
  const event = await stream.next();
  assert.deepEqual([event.event, event.data.taskId], ['task-deleted', task]);
  assert.equal(await stream.ended, true);
});

test('what the sweep removes is told as well', async () => {
  const task = await imported();
  const socket = await joined(task);
  await db.query(`UPDATE xlsx_private.task SET completed_at = now() - interval '1000 days' WHERE id = ${task}`);
  let told;
  const swept = socket.events.next().then((event) => { told = event; });
  await db.query("ALTER SYSTEM SET pg_xlsx.keep_tasks = '1d'");
  await db.query('SELECT pg_reload_conf()');
  while (told === undefined) await db.query('SELECT xlsx.resume()');   // which wakes the sweep
  await db.query('ALTER SYSTEM RESET pg_xlsx.keep_tasks');
  await db.query('SELECT pg_reload_conf()');
  await swept;
  assert.equal(told[0], 'task-deleted');
  socket.close();
});
