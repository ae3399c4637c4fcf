// Uploads that can be resumed: tus 1.0, by hand and by tus-js-client.

import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import net from 'node:net';
import { after, before, describe, test } from 'node:test';
import * as tus from 'tus-js-client';
import { becomes } from './support/api.js';
import { atEnd } from './support/cleanup.js';
import { Database } from './support/cluster.js';
import { request } from './support/engine.js';
import { Notifier } from './support/notifier.js';
import { bearer, SECRET } from './support/token.js';
import { people, workbookEntries, zip } from './support/workbook.js';

const CHUNK = 262144;
const VERSION = { 'tus-resumable': '1.0.0' };

let db;
let server;

before(async () => {
  db = await Database.create();
  server = await Notifier.start({ 'database-url': db.url, 'max-upload-size': '40MB' });
});
after(async () => {
  await server.stop();
  await db.drop();
});

// A workbook of about so many bytes: noise that does not compress is stored beside the sheet.
const large = (bytes, rows = 10) => zip({ ...workbookEntries([...people(rows)]), 'xl/media/noise.bin': randomBytes(bytes) }, { stored: true });

const encode = (metadata) => Object.entries(metadata).map(([key, value]) => `${key} ${Buffer.from(value).toString('base64')}`).join(',');

async function create(length, metadata = { filename: 'people.xlsx' }, { path = '/files/', headers = {}, url = server.url } = {}) {
  const answer = await request(url + path, { method: 'POST', headers: { ...VERSION, 'content-length': 0, 'upload-length': length, 'upload-metadata': encode(metadata), ...headers } });
  // A client resolves it by the address that it asked.
  if (answer.headers.location !== undefined) answer.path = new URL(answer.headers.location, url + path).pathname;
  return answer;
}

const patch = (location, offset, body, headers = {}, { method = 'PATCH', url = server.url } = {}) => request(url + location, {
  method,
  headers: { ...VERSION, 'content-type': 'application/offset+octet-stream', 'content-length': body.length, 'upload-offset': offset, ...headers },
  body,
});

const head = (location, headers = {}, url = server.url) => request(url + location, { method: 'HEAD', headers: { ...VERSION, ...headers } });

async function done(taskId) {
  await db.query(`SELECT xlsx.wait(${taskId})`);
  const [task] = await db.json(`SELECT status, saved_rows, file_name, file_size FROM xlsx.tasks WHERE id = ${taskId}`);
  return task;
}

describe('the protocol', () => {
  test('OPTIONS tells what there is', async () => {
    const { status, headers } = await request(`${server.url}/files/`, { method: 'OPTIONS' });
    assert.equal(status, 204);
    assert.equal(headers['tus-version'], '1.0.0');
    assert.equal(headers['tus-extension'], 'creation,expiration,checksum,termination');
    assert.equal(headers['tus-checksum-algorithm'], 'sha1,sha256,md5');
    assert.equal(headers['tus-max-size'], String(40 << 20));
  });

  for (const path of ['/files', '/files/', '/upload-xlsx/files/', '/applications/upload-large-xlsx/files/']) {
    test(`an upload made at ${path} lies below it`, async () => {
      const { status, headers, path: location } = await create(100, {}, { path });
      assert.equal(status, 201);
      assert.match(headers.location, path.endsWith('/') ? /^[0-9a-f-]{36}$/ : /^files\/[0-9a-f-]{36}$/, 'relative, since a proxy may have another path for it');
      assert.match(location, new RegExp(`^${path.replace(/\/$/, '')}/[0-9a-f-]{36}$`));
      assert.ok(Date.parse(headers['upload-expires']) > Date.now());
      assert.equal((await head(location)).status, 200);
    });
  }

  test('piece by piece, of any size, until the task is there', async () => {
    const file = large(3 * CHUNK + 1234);
    const { path: location } = await create(file.length, { filename: 'größer.xlsx', profile: 'people', priority: '3' });
    let offset = 0;
    let taskId;
    for (const size of [1, 9999, CHUNK - 10000, CHUNK, CHUNK + 1, file.length]) {
      const piece = file.subarray(offset, offset + size);
      const { status, headers } = await patch(location, offset, piece);
      assert.equal(status, 204);
      offset += piece.length;
      assert.equal(headers['upload-offset'], String(offset));
      const state = await head(location);
      assert.equal(state.headers['upload-offset'], String(offset));
      assert.equal(state.headers['upload-length'], String(file.length));
      assert.equal(state.headers['cache-control'], 'no-store');
      taskId = headers['task-id'];
      assert.equal(state.headers['task-id'], taskId);
      assert.equal(taskId !== undefined, offset === file.length);
    }
    assert.deepEqual(await done(taskId), { status: 'COMPLETED', saved_rows: 10, file_name: 'größer.xlsx', file_size: file.length });
    assert.equal(await db.query(`SELECT priority FROM xlsx_private.task WHERE id = ${taskId}`), '3');
    assert.equal((await head(location)).headers['upload-metadata'], encode({ filename: 'größer.xlsx', profile: 'people', priority: '3' }));
  });

  test('the bytes are those that were sent, wherever they were cut', async () => {
    const file = large(2 * CHUNK);
    const { path: location } = await create(file.length);
    for (let offset = 0; offset < file.length - 1;) {
      const size = Math.min(1 + Math.floor(Math.random() * 150000), file.length - 1 - offset);
      assert.equal((await patch(location, offset, file.subarray(offset, offset + size))).status, 204);
      offset += size;
    }
    const stored = await db.query(`SELECT encode(sha256(string_agg(data, '' ORDER BY slice) || (array_agg(r.tail))[1]), 'hex') FROM xlsx_private.resumable r
      JOIN xlsx_private.chunk c USING (file_id) WHERE r.id = '${location.split('/').at(-1)}'`);
    assert.equal(stored, createHash('sha256').update(file.subarray(0, -1)).digest('hex'));
  });

  test('a wrong offset is a conflict, and changes nothing', async () => {
    const { path: location } = await create(1000);
    for (const offset of [1, 5000]) assert.equal((await patch(location, offset, Buffer.from('PK'))).status, 409);
    assert.equal((await head(location)).headers['upload-offset'], '0');
  });

  test('more bytes than were announced are refused', async () => {
    const { path: location } = await create(10);
    assert.equal((await patch(location, 0, Buffer.from('PK\x03\x04-------'))).status, 413);
    assert.equal((await head(location)).headers['upload-offset'], '0');
  });

  test('a piece of nothing is no error', async () => {
    const { path: location } = await create(10);
    const { status, headers } = await patch(location, 0, Buffer.alloc(0));
    assert.deepEqual([status, headers['upload-offset']], [204, '0']);
  });

  test('what is no workbook is refused at its first chunk', async () => {
    const { path: location } = await create(20);
    const { status, headers, text } = await patch(location, 0, Buffer.from('this is no workbook!'));
    assert.equal(status, 400);
    assert.equal(headers['tus-resumable'], '1.0.0');
    assert.ok(JSON.parse(text).message.length > 0);
  });

  test('POST may stand for the other methods', async () => {
    const { path: location } = await create(10);
    assert.equal((await patch(location, 0, Buffer.from('PK\x03\x04'), { 'x-http-method-override': 'PATCH' }, { method: 'POST' })).status, 204);
    assert.equal((await patch(location, 0, Buffer.alloc(0), { 'x-http-method-override': 'DELETE' }, { method: 'POST' })).status, 204);
    assert.equal((await head(location)).status, 404);
  });

  const wrong = [
    ['another version', 412, { 'tus-resumable': '0.2.2' }], ['no version', 412, { 'tus-resumable': '' }],
    ['no length', 400, { 'upload-length': '' }], ['a length that is none', 400, { 'upload-length': '1x' }], ['a negative length', 400, { 'upload-length': '-1' }],
    ['nothing', 400, { 'upload-length': '0' }], ['too much', 413, { 'upload-length': String((40 << 20) + 1) }],
    ['metadata that is no base64', 400, { 'upload-metadata': 'filename *' }], ['metadata with a NUL', 400, { 'upload-metadata': 'filename AAAA' }],
  ];
  for (const [what, status, headers] of wrong) {
    test(`${what}: ${status}`, async () => {
      const answer = await create(10, {}, { headers });
      assert.equal(answer.status, status);
      if (status === 412) assert.equal(answer.headers['tus-version'], '1.0.0');
    });
  }

  test('a PATCH of another type is 415, without an offset 400, without the version 412', async () => {
    const { path: location } = await create(10);
    assert.equal((await patch(location, 0, Buffer.from('PK'), { 'content-type': 'text/plain' })).status, 415);
    assert.equal((await patch(location, '', Buffer.from('PK'))).status, 400);
    assert.equal((await patch(location, 0, Buffer.from('PK'), { 'tus-resumable': '' })).status, 412);
  });

  for (const id of ['00000000-0000-4000-8000-000000000000', '1', "x' OR true"]) {
    test(`upload ${id}: 404`, async () => {
      const location = `/files/${encodeURIComponent(id)}`;
      assert.equal((await head(location)).status, 404);
      assert.equal((await patch(location, 0, Buffer.from('PK'))).status, 404);
      assert.equal((await request(server.url + location, { method: 'DELETE', headers: VERSION })).status, 404);
    });
  }
});

describe('a checksum', () => {
  const sum = (body, name = 'sha1') => ({ 'upload-checksum': `${name} ${createHash(name).update(body).digest('base64')}` });

  test('that is right lets the bytes in', async () => {
    const file = large(CHUNK + 500);
    const { path: location } = await create(file.length);
    const cut = CHUNK + 200;
    assert.equal((await patch(location, 0, file.subarray(0, 1000), sum(file.subarray(0, 1000), 'md5'))).status, 204);
    assert.equal((await patch(location, 1000, file.subarray(1000, cut), sum(file.subarray(1000, cut)))).status, 204);
    const { status, headers } = await patch(location, cut, file.subarray(cut), sum(file.subarray(cut), 'sha256'));
    assert.equal(status, 204);
    assert.equal((await done(headers['task-id'])).status, 'COMPLETED');
  });

  test('that is wrong leaves nothing of them, however many they were', async () => {
    const file = large(3 * CHUNK);
    const { path: location } = await create(file.length);
    assert.equal((await patch(location, 0, file.subarray(0, 3 * CHUNK), sum(Buffer.from('other')))).status, 460);
    assert.equal((await head(location)).headers['upload-offset'], '0');
    assert.equal((await patch(location, 0, file, sum(Buffer.from('other')))).status, 460);
    assert.equal((await head(location)).headers['upload-offset'], '0');
    assert.equal((await patch(location, 0, file, sum(file))).status, 204);
  });

  for (const value of ['crc32 AAAA', 'sha1', 'sha1 *']) {
    test(`"${value}": 400`, async () => {
      const { path: location } = await create(10);
      assert.equal((await patch(location, 0, Buffer.from('PK'), { 'upload-checksum': value })).status, 400);
    });
  }
});

describe('an upload', () => {
  test('that is given up is gone, with its bytes', async () => {
    const file = large(CHUNK);
    const { path: location } = await create(file.length);
    await patch(location, 0, file.subarray(0, CHUNK + 10));
    const id = await db.query(`SELECT file_id FROM xlsx_private.resumable WHERE id = '${location.split('/').at(-1)}'`);
    assert.equal(await db.query(`SELECT sum(length(data)) FROM xlsx_private.chunk WHERE file_id = ${id}`), String(CHUNK));
    assert.equal((await request(server.url + location, { method: 'DELETE', headers: VERSION })).status, 204);
    assert.equal((await head(location)).status, 404);
    assert.equal(await db.query(`SELECT count(*) FROM xlsx_private.chunk WHERE file_id = ${id}`), '0');
  });

  test('that nobody goes on with expires', async () => {
    const { path: location } = await create(1000);
    await db.query(`UPDATE xlsx_private.file SET used_at = now() - interval '2 hours' WHERE id =
      (SELECT file_id FROM xlsx_private.resumable WHERE id = '${location.split('/').at(-1)}')`);
    await db.query('SELECT xlsx_rest.upload_remove(id) FROM xlsx_private.file WHERE used_at < now() - interval \'1 hour\'');
    assert.equal((await head(location)).status, 404);
  });

  test('two that send the same bytes at once: one of them is told so', async () => {
    const file = large(4 * CHUNK);
    const { path: location } = await create(file.length);
    const answers = await Promise.all([patch(location, 0, file), patch(location, 0, file)]);
    assert.deepEqual(answers.map(({ status }) => status).sort(), [204, 409]);
    assert.equal((await done((await head(location)).headers['task-id'])).saved_rows, 10);
  });

  test('belongs to the role that made it', async () => {
    const [ann, bob] = [`ann_tus_${process.pid}`, `bob_tus_${process.pid}`];
    await db.query(`CREATE ROLE ${ann}; CREATE ROLE ${bob}; GRANT xlsx_user TO ${ann}, ${bob}; GRANT INSERT ON people TO ${ann}`);
    const secured = await Notifier.start({ 'database-url': db.url, 'jwt-secret': SECRET });
    const file = large(1000);
    assert.equal((await create(file.length, {}, { url: secured.url })).status, 401);
    const { path: location } = await create(file.length, {}, { url: secured.url, headers: bearer(ann) });
    assert.equal((await head(location, bearer(bob), secured.url)).status, 404);
    assert.equal((await patch(location, 0, file, bearer(bob), { url: secured.url })).status, 404);
    assert.equal((await request(secured.url + location, { method: 'DELETE', headers: { ...VERSION, ...bearer(bob) } })).status, 404);
    const { status, headers } = await patch(location, 0, file, bearer(ann), { url: secured.url });
    assert.equal(status, 204);
    assert.equal((await done(headers['task-id'])).status, 'COMPLETED');
    assert.equal(await db.query(`SELECT owner FROM xlsx.tasks WHERE id = ${headers['task-id']}`), ann);
    await secured.stop();
    await db.query(`SELECT xlsx.delete(${headers['task-id']}); SELECT xlsx_rest.upload_remove(id) FROM xlsx_private.file WHERE owner = '${ann}'::regrole AND NOT complete;
      DROP OWNED BY ${ann}, ${bob}; DROP ROLE ${ann}; DROP ROLE ${bob}`);
  });
});

// Lets so many bytes through to the server, then cuts the connection; each connection has the next limit.
function cuttingProxy(limits) {
  return new Promise((resolve) => {
    const proxy = net.createServer((client) => {
      let left = limits.length > 0 ? limits.shift() : Infinity;
      const upstream = net.connect(server.port, '127.0.0.1');
      client.on('data', (data) => {
        upstream.write(data.subarray(0, left));
        left -= data.length;
        if (left <= 0) {
          client.resetAndDestroy();
          upstream.end();
        }
      });
      upstream.on('data', (data) => client.write(data));
      for (const [a, b] of [[client, upstream], [upstream, client]]) {
        a.on('error', () => {});
        a.on('close', () => b.destroy());
      }
    });
    atEnd(() => proxy.close());
    proxy.listen(0, '127.0.0.1', () => resolve(proxy));
  });
}

function send(file, endpoint, options = {}) {
  return new Promise((resolve, reject) => {
    const upload = new tus.Upload(file, {
      endpoint, metadata: { filename: 'cut.xlsx' }, retryDelays: [0, 20, 50, 100, 200, 500, 1000, 2000, 4000], ...options,
      onError: reject,
      onSuccess: ({ lastResponse }) => resolve({ upload, lastResponse }),
    });
    upload.start();
  });
}

describe('tus-js-client', () => {
  test('uploads', async () => {
    const file = large(2 * CHUNK);
    const { lastResponse } = await send(file, `${server.url}/files/`);
    assert.deepEqual(await done(lastResponse.getHeader('Task-Id')), { status: 'COMPLETED', saved_rows: 10, file_name: 'cut.xlsx', file_size: file.length });
  });

  test('in pieces of its own', async () => {
    const file = large(2 * CHUNK);
    const { lastResponse } = await send(file, `${server.url}/upload-xlsx/files/`, { chunkSize: 100000 });
    assert.equal((await done(lastResponse.getHeader('Task-Id'))).saved_rows, 10);
  });

  test('goes on where its connection was cut, again and again, and nothing is sent twice', async () => {
    const file = large(5 << 20, 300);
    const proxy = await cuttingProxy([900000, 700000, 400000, 1200000, 3000]);
    const offsets = [];
    let cuts = 0;
    const { lastResponse } = await send(file, `http://127.0.0.1:${proxy.address().port}/files/`, {
      onShouldRetry: () => { cuts++; return true; },
      onAfterResponse: (req, res) => { if (req.getMethod() === 'HEAD') offsets.push(Number(res.getHeader('Upload-Offset'))); },
    });
    proxy.close();
    assert.ok(cuts >= 3, `${cuts} cuts`);
    assert.ok(offsets.at(-1) > 1000000, `went on from ${offsets}`);
    assert.deepEqual([...offsets].sort((a, b) => a - b), offsets);
    assert.deepEqual(await done(lastResponse.getHeader('Task-Id')), { status: 'COMPLETED', saved_rows: 300, file_name: 'cut.xlsx', file_size: file.length });
    await becomes(server.url, 'uploads', 0);
  });

  test('goes on after the notifier was killed', async () => {
    const first = await Notifier.start({ 'database-url': db.url });
    const file = large(3 << 20, 50);
    let killed = false;
    const port = first.port;
    let second;
    const { lastResponse } = await send(file, `${first.url}/files/`, {
      chunkSize: 300000, retryDelays: [100, 200, 300, 500, 1000, 1000, 1000, 2000, 4000, 8000],
      onProgress: (sent) => {
        if (killed || sent < 1000000) return;
        killed = true;
        first.stop('SIGKILL').then(async () => { second = await Notifier.start({ 'database-url': db.url, port }); });
      },
    });
    assert.ok(killed);
    assert.equal((await done(lastResponse.getHeader('Task-Id'))).saved_rows, 50);
    await second.stop();
  });

  test('gives up', async () => {
    const upload = new tus.Upload(large(CHUNK), { endpoint: `${server.url}/files/`, chunkSize: 1000 });
    await new Promise((resolve) => { upload.options.onChunkComplete = resolve; upload.start(); });
    await upload.abort(true);
    assert.equal((await request(upload.url, { method: 'HEAD', headers: VERSION })).status, 404);
  });
});
