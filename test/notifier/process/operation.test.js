// What an operator relies on: TLS, reloading, the service manager, logs.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';
import { after, before, describe, test } from 'node:test';
import { io } from 'socket.io-client';
import { BASE, form, upload, XLSX } from './support/api.js';
import { atEnd } from './support/cleanup.js';
import { Database } from './support/cluster.js';
import { request } from './support/engine.js';
import { Notifier } from './support/notifier.js';
import { root } from './support/server.js';
import { certificate, secure } from './support/tls.js';
import { people, workbook } from './support/workbook.js';

let db;
let folder;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'pg_xlsx_operation.'));
  db = await Database.create();
});
after(async () => {
  await db.drop();
  rmSync(folder, { recursive: true });
});

const commonName = (port) => new Promise((resolve, reject) => {
  const socket = tls.connect({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
    resolve({ name: socket.getPeerCertificate().subject.CN, protocol: socket.getProtocol(), alpn: socket.alpnProtocol });
    socket.destroy();
  });
  socket.on('error', reject);
});

describe('TLS', () => {
  let server;
  let files;
  before(async () => {
    files = certificate(folder, 'first');
    server = await Notifier.start({ 'database-url': db.url, 'tls-certificate': files.cert, 'tls-key': files.key });
  });
  after(() => server.stop());

  test('serves REST, uploads, workbooks and events', async () => {
    assert.equal((await secure(`${server.url}/healthz`)).status, 200);
    const { headers, body } = form([['file', workbook(people(4000, (i) => (i % 2 ? 1 : undefined))), 'people.xlsx']]);
    const { status, text } = await secure(`${server.url}${BASE}/upload`, { method: 'POST', headers, body });
    assert.equal(status, 201, text);
    const { taskId } = JSON.parse(text);
    const socket = io(`${server.url}/upload-xlsx`, { rejectUnauthorized: false, forceNew: true });
    atEnd(() => socket.close());
    await once(socket, 'connect');
    const end = once(socket, 'task-completed');
    socket.emit('join-task', { taskId });
    const [task] = await end;
    assert.equal(task.errorRows, 2000);
    if (socket.io.engine.transport.name !== 'websocket') await once(socket.io.engine, 'upgrade');
    socket.close();
    const errors = await secure(`${server.url}${BASE}/get-validation-errors-by-task-id/${taskId}`);
    assert.deepEqual([errors.status, errors.body.subarray(0, 2).toString()], [200, 'PK']);
    assert.ok(errors.body.length > 20000);
  });

  test('takes a large body while the database is slow', async () => {
    const noise = Buffer.alloc(6 << 20, 'x');
    const { status } = await secure(`${server.url}${BASE}/upload`, { method: 'PUT', headers: { 'content-type': XLSX }, body: Buffer.concat([workbook(people(1)).subarray(0, 200), noise]) });
    assert.ok([201, 400].includes(status));
  });

  test('of today only, and no HTTP/2', async () => {
    assert.match((await commonName(server.port)).protocol, /^TLSv1\.[23]$/);
    await assert.rejects(new Promise((resolve, reject) => {
      tls.connect({ port: server.port, host: '127.0.0.1', rejectUnauthorized: false, maxVersion: 'TLSv1.1', minVersion: 'TLSv1' }, resolve).on('error', reject);
    }));
  });

  test('reads its certificate again on SIGHUP, and keeps the old one when the new one is bad', async () => {
    assert.equal((await commonName(server.port)).name, 'first');
    certificate(folder, 'second', 'first');
    server.child.kill('SIGHUP');
    await server.logged(/certificate read again/);
    assert.equal((await commonName(server.port)).name, 'second');
    writeFileSync(files.cert, 'nothing');
    server.child.kill('SIGHUP');
    await server.logged(/could not read the certificate again/);
    assert.equal((await commonName(server.port)).name, 'second');
  });
});

// sd_notify over a datagram socket; node has none, python has.
function manager(path) {
  const child = spawn('python3', ['-u', '-c', `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(${JSON.stringify(path)}.replace("@", "\\0", 1))
print("bound")
while True:
    print(s.recv(1024).decode().replace("\\n", " "))
`], { stdio: ['ignore', 'pipe', 'inherit'] });
  atEnd(() => child.kill());
  const lines = [];
  let waiting = () => {};
  let rest = '';
  child.stdout.on('data', (data) => {
    rest += data;
    lines.push(...rest.split('\n').slice(0, -1));
    rest = rest.slice(rest.lastIndexOf('\n') + 1);
    waiting();
  });
  return {
    async said(pattern) {
      while (!lines.some((line) => pattern.test(line))) await new Promise((resolve) => { waiting = resolve; });
    },
    end: () => child.kill(),
  };
}

describe('the service manager', () => {
  for (const kind of ['path', 'abstract']) {
    test(`is told: ready, alive, reloading, stopping (${kind} socket)`, async () => {
      const path = kind === 'path' ? join(folder, 'notify') : `@pg_xlsx_${process.pid}`;
      const systemd = manager(path);
      await systemd.said(/^bound$/);
      const server = await Notifier.start({ 'database-url': db.url }, { env: { NOTIFY_SOCKET: path, WATCHDOG_USEC: '200000' } });
      await systemd.said(/^READY=1$/);
      await systemd.said(/^WATCHDOG=1$/);
      server.child.kill('SIGHUP');
      await systemd.said(/^RELOADING=1 MONOTONIC_USEC=\d+$/);
      server.child.kill('SIGTERM');
      await systemd.said(/^STOPPING=1$/);
      await server.exited;
      systemd.end();
    });
  }
});

test('the unit runs as a user whose name PostgreSQL takes for a role', async () => {
  const unit = readFileSync(join(root, 'notifier/pg_xlsx_notifier.service'), 'utf8');
  const user = unit.match(/^User=(.*)$/m)[1];
  await db.query(`BEGIN; CREATE ROLE ${user} LOGIN; GRANT xlsx_notifier TO ${user}; ROLLBACK`);
  const advice = [...unit.matchAll(/^# +((?:CREATE ROLE|GRANT)[^]*?);?$/gm)].map(([, statement]) => statement).join('; ');
  assert.ok(advice.includes(`CREATE ROLE ${user} LOGIN`), advice);
});

describe('the log', () => {
  test('S-094 S-173 tells at its usual level that it serves, and of clients that come and go', async () => {
    const server = await Notifier.start({ 'database-url': db.url });
    await server.logged(/info +serving, port=\d+ path=\/socket\.io\/ namespace=\/upload-xlsx/);
    const socket = io(`${server.url}/upload-xlsx`, { transports: ['websocket'], forceNew: true });
    atEnd(() => socket.close());
    await once(socket, 'connect');
    await server.logged(new RegExp(`info +client connected, socket=${socket.id}`));
    const { id } = socket;
    socket.close();
    await server.logged(new RegExp(`info +client disconnected, socket=${id}`));
    await server.stop();
  });

  test('names each request by its id, the one that came with it if it is any good', async () => {
    const server = await Notifier.start({ 'database-url': db.url });
    const url = `${server.url}${BASE}/tasks/999999?access_token=secret`;
    const own = (await request(url)).headers['x-request-id'];
    assert.match(own, /^[\w-]{8}-\d+$/);
    assert.notEqual((await request(url)).headers['x-request-id'], own);
    assert.equal((await request(url, { headers: { 'x-request-id': 'abc-1:2' } })).headers['x-request-id'], 'abc-1:2');
    for (const bad of ['a b', 'x'.repeat(65), 'a"b', 'ü']) {
      assert.match((await request(url, { headers: { 'x-request-id': Buffer.from(bad).toString('latin1') } })).headers['x-request-id'], /^[\w-]{8}-\d+$/);
    }
    await server.logged(/request id=abc-1:2 method=GET status=404 path="[^"]*\/tasks\/999999"/);
    assert.ok(server.log.includes(`id=${own} `));
    assert.doesNotMatch(server.log, /secret/);
    await server.stop();
  });

  test('is JSON where that is wanted, whatever a client sends', async () => {
    const server = await Notifier.start({ 'database-url': db.url, 'log-format': 'json', 'log-level': 'debug' });
    await request(`${server.url}${BASE}/${encodeURIComponent('a b="c" status=200 "\\ \n é')}`);
    await request(`${server.url}${BASE}/tasks`);
    await server.stop();
    const lines = server.log.trim().split('\n').map((line) => JSON.parse(line));
    for (const { time, level, message } of lines) {
      assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      assert.ok(['error', 'warning', 'info', 'debug'].includes(level) && message.length > 0);
    }
    const [odd, good] = lines.filter(({ message }) => message === 'request');
    assert.deepEqual([odd.status, odd.method], [404, 'GET']);
    assert.ok(odd.path.startsWith(`${BASE}/a b="c" status=200`));
    assert.deepEqual([good.status, good.path], [200, `${BASE}/tasks`]);
  });
});
