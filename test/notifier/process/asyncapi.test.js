// The description of the events (AsyncAPI 3): whole, and true of what is sent by Socket.IO and by event streams.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import Ajv from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { io } from 'socket.io-client';
import { BASE, upload } from './support/api.js';
import { atEnd } from './support/cleanup.js';
import { Database } from './support/cluster.js';
import { request } from './support/engine.js';
import { Inbox } from './support/inbox.js';
import { Notifier } from './support/notifier.js';
import { EventStream } from './support/stream.js';
import { now, SECRET, token } from './support/token.js';
import { people, workbook } from './support/workbook.js';

let db;
let server;
let doc;
let ajv;

before(async () => {
  db = await Database.create();
  server = await Notifier.start({ 'database-url': db.url });
  const answer = await request(`${server.url}/asyncapi.json`);
  assert.deepEqual([answer.status, answer.headers['content-type']], [200, 'application/json; charset=utf-8']);
  doc = JSON.parse(answer.text);
  ajv = addFormats(new Ajv({ strict: false }));
  ajv.addSchema(doc, 'doc');
});
after(async () => {
  await server.stop();
  await db.drop();
});

const resolve = (ref) => ref.slice(2).split('/').reduce((at, key) => at?.[key], doc);

// Of one channel: the message is among its own, and its payload is as described.
function conforms(channel, name, data) {
  const message = doc.channels[channel].messages[name];
  assert.ok(message, `${name} is no message of ${channel}`);
  const { payload } = resolve(message.$ref);
  const validate = ajv.compile({ $ref: `doc${payload.$ref}` });
  assert.ok(validate(data), `${name}: ${JSON.stringify(validate.errors)} in ${JSON.stringify(data)}`);
  const known = Object.keys(resolve(payload.$ref).properties);
  for (const member of Object.keys(data)) assert.ok(known.includes(member), `${name} has the member ${member}, which is not described`);
}

test('it is AsyncAPI 3, and all that it refers to is in it', () => {
  assert.equal(doc.asyncapi, '3.0.0');
  assert.ok(doc.info.title && doc.info.version);
  const look = (node) => {
    if (node === null || typeof node !== 'object') return;
    if (node.$ref !== undefined) assert.notEqual(resolve(node.$ref), undefined, node.$ref);
    Object.values(node).forEach(look);
  };
  look(doc);
  for (const { action, channel, messages } of Object.values(doc.operations)) {
    assert.ok(['send', 'receive'].includes(action));
    for (const { $ref } of messages) assert.ok($ref.startsWith(`${channel.$ref}/messages/`));
  }
  assert.deepEqual(Object.values(doc.channels).map(({ address }) => address),
    ['/upload-xlsx', '/upload-xlsx/tasks/{taskId}/events', '/upload-xlsx/tasks/events']);
});

describe('what is sent is as it says', () => {
  test('by Socket.IO and by both kinds of streams, whichever way an import ends, and after its end', async () => {
    await db.query('SELECT xlsx.pause()');
    const socket = io(`${server.url}/upload-xlsx`, { forceNew: true });
    atEnd(() => socket.close());
    const events = new Inbox();
    socket.onAny((name, data) => events.put([name, data]));
    await once(socket, 'connect');
    const seen = new Set();
    const note = (channel, name, data) => {
      conforms(channel, name, data);
      seen.add(name);
    };
    const heard = async (until) => {
      let name;
      do {
        const [event, data] = await events.next();
        note('socketio', event, data);
        name = event;
      } while (!until.includes(name));
    };
    const own = await EventStream.open(`${server.url}${BASE}/tasks/events`);
    for (const rows of [people(2500), people(50, (row) => (row === 7 ? 1 : undefined)), [['Name', 'Sex', 'Id'], ['Ann', 'F', '1']]]) {
      const { json } = await upload(server.url, workbook(rows));
      const stream = await EventStream.open(`${server.url}${BASE}/tasks/${json.taskId}/events`);
      assert.deepEqual(await socket.emitWithAck('join-task', { taskId: json.taskId }), { taskId: json.taskId });
      await db.query('SELECT xlsx.resume()');
      await heard(['task-completed', 'task-failed']);
      await db.query('SELECT xlsx.pause()');
      if (await db.query(`SELECT status FROM xlsx.tasks WHERE id = ${json.taskId}`) === 'COMPLETED') {
        await db.query(`SELECT xlsx.undo(${json.taskId})`);
        await heard(['task-undone']);
      }
      await db.query(`SELECT xlsx.delete(${json.taskId})`);
      await heard(['task-deleted']);
      for (let event; event?.event !== 'task-completed' && event?.event !== 'task-failed';) {
        event = await stream.next();
        note('taskEvents', event.event, event.data);
      }
      for (let event; event?.event !== 'task-deleted';) {
        event = await own.next();
        note('events', event.event, event.data);
      }
    }
    socket.emit('join-task', { taskId: 999999 });
    await heard(['exception']);
    socket.emit('join-task', {});
    await heard(['exception']);
    socket.emit('leave-task', { taskId: 1 });
    await heard(['left-task']);
    await own.drop();
    socket.close();
    const keyed = await Notifier.start({ 'database-url': db.url, 'jwt-secret': SECRET, 'jwt-allow-superuser': 'on' });
    const task = await db.idleTask();
    const short = await EventStream.open(`${keyed.url}${BASE}/tasks/${task}/events`, { headers: { authorization: `Bearer ${token({ role: db.env.PGUSER, exp: now() + 30 })}` } });
    for (let event; event?.event !== 'token-expiring';) {
      event = await short.next();
      note('taskEvents', event.event, event.data);
    }
    await short.drop();
    await keyed.stop();
    const sent = Object.values(doc.operations).filter(({ action }) => action === 'send').flatMap(({ messages }) => messages.map(({ $ref }) => $ref.split('/').at(-1)));
    assert.deepEqual([...seen].sort(), [...new Set(sent)].sort());
  });
});
