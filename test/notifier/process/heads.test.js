// How long the head of a request may be, by every way in.

import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, describe, test } from 'node:test';
import { BASE } from './support/api.js';
import { Database } from './support/cluster.js';
import { raw, request, Socket } from './support/engine.js';
import { Notifier } from './support/notifier.js';
import { certificate, secure } from './support/tls.js';
import { people, workbook } from './support/workbook.js';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

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

const REFUSAL = { message: 'The head of a request may have 16 kB', error: 'Request Header Fields Too Large', statusCode: 431 };
const filler = (kilobytes) => 'x'.repeat(kilobytes * 1024);

describe('a head of more than 16 kB is refused with 431', () => {
  for (const name of ['x-unknown', 'cookie', 'authorization', 'x-request-id']) {
    test(`in the header ${name}`, async () => {
      for (const kilobytes of [17, 20, 40, 60]) {
        const { status, text } = await request(`${server.url}${BASE}/tasks`, { headers: { [name]: filler(kilobytes) } });
        assert.equal(status, 431);
        assert.deepEqual(JSON.parse(text), REFUSAL);
      }
    });
  }

  test('in many headers, in the path, in the query', async () => {
    const headers = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`x-header-${i}`, 'y'.repeat(100)]));
    assert.equal((await request(`${server.url}${BASE}/tasks`, { headers })).status, 431);
    assert.equal((await request(`${server.url}/${filler(20)}`)).status, 431);
    assert.equal((await request(`${server.url}${BASE}/tasks?page=${filler(20)}`)).status, 431);
  });

  test('of an upload, an event stream, Socket.IO by polling and by WebSocket', async () => {
    const headers = { 'x-unknown': filler(20) };
    const file = workbook(people(3));
    const put = await request(`${server.url}${BASE}/upload`, { method: 'PUT', headers: { ...headers, 'content-type': 'application/octet-stream', 'content-length': file.length }, body: file });
    assert.equal(put.status, 431);
    assert.equal((await request(`${server.url}${BASE}/tasks/1/events`, { headers })).status, 431);
    assert.equal((await request(`${server.url}/socket.io/?EIO=4&transport=polling`, { headers })).status, 431);
    await assert.rejects(new Socket(`${server.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`, { headers }).opened, (error) => {
      assert.deepEqual([error.status, JSON.parse(error.text)], [431, REFUSAL]);
      return true;
    });
  });

  test('with TLS', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'pg_xlsx_heads.'));
    const { cert, key } = certificate(folder, 'heads');
    const tls = await Notifier.start({ 'database-url': db.url, 'tls-certificate': cert, 'tls-key': key });
    assert.equal((await secure(`${tls.url}${BASE}/tasks`, { headers: { 'x-unknown': filler(15) } })).status, 200);
    assert.equal((await secure(`${tls.url}${BASE}/tasks`, { headers: { 'x-unknown': filler(24) } })).status, 431);
    await tls.stop();
    rmSync(folder, { recursive: true });
  });
});

test('one of less is answered, whatever came on its connection before', async () => {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const file = workbook(people(2000));
  for (let i = 0; i < 5; i++) {
    assert.equal((await request(`${server.url}${BASE}/tasks`, { agent, headers: { 'x-unknown': filler(15) } })).status, 200);
    const { status } = await request(`${server.url}${BASE}/upload?fileName=a.xlsx&profile=people&runAt=2100-01-01`, {
      agent, method: 'PUT', headers: { 'x-unknown': filler(15), 'content-type': 'application/octet-stream', 'content-length': file.length }, body: file,
    });
    assert.equal(status, 201);
  }
  agent.destroy();
});

test('a long one that comes in pieces is refused as well, and requests behind each other are not', async () => {
  const answer = await raw(server.port, `GET /healthz HTTP/1.1\r\nHost: localhost\r\n${'X-A: b\r\n'.repeat(900)}\r\n`.repeat(20), { until: /(HTTP\/1\.1 200[^]*){20}/ });
  assert.equal(answer.match(/HTTP\/1\.1 200/g).length, 20);
  assert.match(await raw(server.port, `GET /healthz HTTP/1.1\r\nHost: localhost\r\n${'X-A: b\r\n'.repeat(3000)}\r\n`, { until: /\}$/ }), /^HTTP\/1\.1 431 /);
});
