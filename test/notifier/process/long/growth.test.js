// Thousands of clients leave behind no memory and no descriptor. make check-node-long

import assert from 'node:assert/strict';
import http from 'node:http';
import net from 'node:net';
import { after, before, test } from 'node:test';
import { becomes, form, metric, XLSX } from '../support/api.js';
import { Database } from '../support/cluster.js';
import { request, Socket } from '../support/engine.js';
import { Notifier } from '../support/notifier.js';
import { people, workbook } from '../support/workbook.js';

const COUNT = 10000;
const AT_ONCE = 8;
const FIRST = 1000;      // pools and tables reach their size
const ALLOWED_KB = 1024;

let db;
let server;

before(async () => {
  db = await Database.create();
  server = await Notifier.start({ 'database-url': db.url, 'ping-interval': '1h', 'max-connections': 12000, 'log-level': 'warning' });
});
after(async () => {
  await server.stop();
  await db.drop();
});

async function repeat(count, once) {
  let left = count;
  const work = async () => { while (left-- > 0) await once(); };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

async function leavesNothing(t, what, once) {
  await repeat(FIRST, once);
  await becomes(server.url, 'connections', 1);
  const before = [server.memory('RssAnon'), server.openFiles()];
  const begin = Date.now();
  await repeat(COUNT, once);
  await becomes(server.url, 'connections', 1);
  const grown = [server.memory('RssAnon') - before[0], server.openFiles() - before[1]];
  t.diagnostic(`${COUNT} ${what} in ${Math.round((Date.now() - begin) / 1000)} s: ${grown[0]} kB, ${grown[1]} descriptors more`);
  assert.ok(grown[0] < ALLOWED_KB, `${grown[0]} kB`);
  assert.ok(grown[1] <= 1, `${grown[1]} descriptors`);
}

const file = workbook(people(10));
const { headers, body } = form([['runAt', '2100-01-01'], ['file', file, 'people.xlsx']]);

test('uploads', (t) => leavesNothing(t, 'uploads', async () => {
  const { status } = await request(`${server.url}/upload-xlsx/upload`, { method: 'POST', headers: { ...headers, 'content-length': body.length }, body });
  assert.equal(status, 201);
}));

test('uploads that break off', (t) => leavesNothing(t, 'uploads broken off', () => new Promise((resolve) => {
  const req = http.request(`${server.url}/upload-xlsx/upload`, { method: 'PUT', agent: false, headers: { 'content-type': XLSX, 'content-length': 100000 } });
  req.on('error', () => {});
  req.on('close', resolve);
  req.write(file, () => req.destroy());
})));

test('clients that join, hear and leave', async (t) => {
  const task = await db.idleTask();
  await leavesNothing(t, 'clients that joined', async () => {
    const socket = await Socket.open(server.url);
    for (const packet of ['40/upload-xlsx,', `42/upload-xlsx,["join-task",{"taskId":${task}}]`]) socket.send(packet);
    for (let packet = ''; !packet.includes('"task-progress"');) packet = await socket.next();
    socket.close();
  });
  await becomes(server.url, 'rooms', 0);
});

test('ten thousand clients that stay, silent or slow, keep nobody out', async (t) => {
  const before = server.memory();
  const idle = [];
  for (let i = 0; i < COUNT; i += 50) {
    idle.push(...await Promise.all(Array.from({ length: 50 }, () => Socket.open(server.url))));
  }
  const each = (server.memory() - before) / COUNT;
  t.diagnostic(`${COUNT} sessions: ${each.toFixed(1)} kB each`);
  assert.ok(each <= 15, `${each} kB`);
  // beside them, heads and bodies that come byte by byte
  const slow = await Promise.all(Array.from({ length: 500 }, (_, i) => new Promise((resolve) => {
    const socket = net.connect(server.port, '127.0.0.1', () => {
      socket.write(i % 2 ? 'GET /healthz HTTP/1.1\r\nX: ' : 'POST /upload-xlsx/upload HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 100000\r\n\r\n--b\r\n');
      resolve(socket);
    });
    socket.on('error', () => {});
  })));
  for (let i = 0; i < 100; i++) {
    slow.forEach((socket) => socket.write('x'));
    assert.equal((await request(`${server.url}/upload-xlsx/tasks?limit=1`)).status, 200);
  }
  assert.ok(await metric(server.url, 'sessions') >= COUNT);
  for (const socket of slow) socket.destroy();
  for (const socket of idle) socket.close();
  await becomes(server.url, 'connections', 1);
  await becomes(server.url, 'sessions', 0);
});
