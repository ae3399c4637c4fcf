// The published client libraries, over every transport.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { after, before, describe, test } from 'node:test';
import { Socket as EngineSocket } from 'engine.io-client';
import { io as current } from 'socket.io-client';
import { becomes, metric } from './support/api.js';
import { atEnd } from './support/cleanup.js';
import { Database } from './support/cluster.js';
import { Inbox } from './support/inbox.js';
import { Notifier } from './support/notifier.js';

const old = createRequire(import.meta.url)('socket.io-client-4.0').io;

let db;
let server;

before(async () => {
  db = await Database.create();
  server = await Notifier.start({ 'database-url': db.url, 'ping-interval': '300ms', 'ping-timeout': '2s' });
});
after(async () => {
  await server.stop();
  await db.drop();
});

function connect(io, options, path = '/upload-xlsx', url = server.url) {
  const socket = io(url + path, { forceNew: true, reconnectionDelay: 50, reconnectionDelayMax: 100, ...options });
  atEnd(() => socket.close());
  socket.events = new Inbox();
  for (const name of ['joined-task', 'left-task', 'task-progress', 'task-completed', 'exception', 'workbook-loading']) {
    socket.on(name, (data) => socket.events.put([name, data]));
  }
  return socket;
}

const upgraded = (socket) => new Promise((resolve) => {
  if (socket.io.engine.transport.name === 'websocket') resolve();
  else socket.io.engine.once('upgrade', resolve);
});

const transports = {
  polling: { transports: ['polling'] },
  websocket: { transports: ['websocket'] },
  'polling, then websocket': {},
};

for (const [version, io] of [['current', current], ['4.0', old]]) {
  for (const [name, options] of Object.entries(transports)) {
    describe(`socket.io-client ${version}, ${name}`, () => {
      test('connects, joins, hears, leaves', async () => {
        const task = await db.idleTask();
        const socket = connect(io, options);
        await once(socket, 'connect');
        if (name.includes('then')) await upgraded(socket);
        const acknowledged = await new Promise((resolve) => socket.emit('join-task', { taskId: task }, resolve));
        assert.deepEqual(acknowledged, { taskId: task });
        assert.deepEqual(await socket.events.next(), ['joined-task', { taskId: task }]);
        assert.equal((await socket.events.next())[0], 'task-progress');
        await db.emit(task, 'task-progress', { phase: 'VALIDATING', progress: 25, totalRows: 1000, validatedRows: 250, errorRows: 5 });
        const [event, { seq, ...data }] = await socket.events.next();
        assert.equal(event, 'task-progress');
        assert.deepEqual(data, { taskId: task, phase: 'VALIDATING', progress: 25, totalRows: 1000, validatedRows: 250, errorRows: 5 });
        socket.emit('leave-task', { taskId: task });
        assert.deepEqual(await socket.events.next(), ['left-task', { taskId: task }]);
        socket.emit('join-task', {});
        assert.equal((await socket.events.next())[0], 'exception');
        socket.close();
      });

      test('stays connected over heartbeats', async () => {
        const socket = connect(io, options);
        await once(socket, 'connect');
        let lost = null;
        socket.on('disconnect', (reason) => { lost = reason; });
        let pings = 0;
        await new Promise((resolve) => socket.io.engine.on('packet', ({ type }) => {
          if (type === 'ping' && ++pings === 3) resolve();
        }));
        assert.equal(lost, null);
        socket.close();
      });

      test('leaves nothing behind when it closes', async () => {
        const socket = connect(io, options);
        await once(socket, 'connect');
        assert.ok(await metric(server.url, 'sockets') >= 1);
        socket.close();
        await becomes(server.url, 'sockets', 0);
        await becomes(server.url, 'sessions', 0);
      });
    });
  }

  test(`socket.io-client ${version}: namespaces share a connection`, async () => {
    const tasks = connect(io, { transports: ['websocket'] });
    const main = tasks.io.socket('/');
    main.connect();
    await Promise.all([once(tasks, 'connect'), once(main, 'connect')]);
    assert.notEqual(tasks.id, main.id);
    main.disconnect();
    tasks.emit('leave-task', { taskId: 1 });
    assert.deepEqual(await tasks.events.next(), ['left-task', { taskId: 1 }]);
    tasks.close();
  });

  test(`socket.io-client ${version}: an unknown namespace is an error`, async () => {
    const socket = connect(io, { transports: ['websocket'] }, '/nowhere');
    const [error] = await once(socket, 'connect_error');
    assert.equal(error.message, 'Invalid namespace');
    socket.close();
  });

  test(`socket.io-client ${version}: binary payloads do no harm`, async () => {
    for (const options of Object.values(transports)) {
      const socket = connect(io, options);
      await once(socket, 'connect');
      socket.emit('something', Buffer.from([1, 2, 3]), { deep: [Buffer.from([4])] });
      socket.emit('leave-task', { taskId: 1, extra: Buffer.alloc(70000) });
      assert.deepEqual(await socket.events.next(), ['left-task', { taskId: 1 }]);
      socket.close();
    }
  });

  test(`socket.io-client ${version}: reconnects to a notifier that was started anew, and finds the state there`, async () => {
    const first = await Notifier.start({ 'database-url': db.url });
    const task = await db.idleTask();
    const socket = connect(io, {}, '/upload-xlsx', first.url);
    socket.on('connect', () => socket.emit('join-task', { taskId: task }));
    assert.equal((await socket.events.next())[0], 'joined-task');
    const [, { seq }] = await socket.events.next();
    assert.deepEqual(await first.stop(), { code: 0, signal: null });
    await db.emit(task, 'task-progress', { progress: 50 });
    const second = await Notifier.start({ 'database-url': db.url, port: first.port });
    assert.equal((await socket.events.next())[0], 'joined-task');
    const [event, data] = await socket.events.next();
    assert.equal(event, 'task-progress');
    assert.ok(data.seq > seq);
    socket.close();
    await second.stop();
  });
}

test('socket.io-client: acknowledgements with a time limit, as promises', async () => {
  const task = await db.idleTask();
  const socket = connect(current, { transports: ['websocket'] });
  await once(socket, 'connect');
  assert.deepEqual(await socket.timeout(5000).emitWithAck('join-task', { taskId: task }), { taskId: task });
  assert.equal((await socket.timeout(5000).emitWithAck('join-task', { taskId: -1 })).status, 'error');
  assert.deepEqual(await socket.timeout(5000).emitWithAck('leave-task', { taskId: task }), { taskId: task });
  socket.close();
});

describe('engine.io-client', () => {
  for (const transportList of [['polling'], ['websocket'], ['polling', 'websocket']]) {
    test(transportList.join(', then '), async () => {
      const socket = new EngineSocket(server.url.replace('http', 'ws'), { path: '/socket.io/', transports: transportList });
      await new Promise((resolve) => socket.on('open', resolve));
      if (transportList.length === 2) await new Promise((resolve) => socket.on('upgrade', resolve));
      const messages = new Inbox();
      socket.on('message', (data) => messages.put(data));
      socket.send('0/none,');
      assert.equal(await messages.next(), '4/none,{"message":"Invalid namespace"}');
      socket.send('0');
      assert.match(await messages.next(), /^0\{"sid"/);
      let heartbeats = 0;
      await new Promise((resolve) => socket.on('heartbeat', () => { if (++heartbeats === 2) resolve(); }));
      const closed = new Promise((resolve) => socket.on('close', resolve));
      socket.close();
      await closed;
    });
  }
});

test('hundreds of clients hear the same', async () => {
  const task = await db.idleTask();
  const clients = [];
  for (let i = 0; i < 200; i++) clients.push(connect(current, { transports: ['websocket'] }));
  await Promise.all(clients.map(async (socket) => {
    await once(socket, 'connect');
    socket.emit('join-task', { taskId: task });
    await socket.events.take(2);
  }));
  await db.emit(task, 'task-progress', { progress: 77 });
  for (const socket of clients) {
    assert.equal((await socket.events.next())[1].progress, 77);
    socket.close();
  }
});
