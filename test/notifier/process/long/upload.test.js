// A workbook of a gigabyte into a database that is slow on purpose: by a form, and by tus over a
// connection that is cut again and again. make check-node-long; UPLOAD_MB sets the size.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import http from 'node:http';
import { after, before, test } from 'node:test';
import { XLSX } from '../support/api.js';
import { Database } from '../support/cluster.js';
import { request } from '../support/engine.js';
import { Notifier } from '../support/notifier.js';
import { people, workbookEntries, zip } from '../support/workbook.js';

const MEGABYTE = 1 << 20;
const SIZE = Number(process.env.UPLOAD_MB ?? 1024) * MEGABYTE;
const CHUNK = 256 << 10;
const CUTS = 20;
const LIMIT_KB = 25 * 1024;

let db;
let server;
let file;
let highest = 0;
let watch;

before(async () => {
  const pad = Buffer.alloc(SIZE);
  for (let at = 0; at + 4 <= SIZE; at += 4096) pad.writeUInt32LE(at, at);
  file = zip({ ...workbookEntries(people(10)), 'xl/media/pad.bin': pad }, { stored: true });
  db = await Database.create();
  await db.query(`CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.005); RETURN NEW; END $$;
    CREATE TRIGGER slow BEFORE UPDATE ON xlsx_private.file FOR EACH ROW EXECUTE FUNCTION slow()`);
  server = await Notifier.start({ 'database-url': db.url, 'max-upload-size': '3GB' });
  watch = setInterval(() => { highest = Math.max(highest, server.memory()); }, 20);
});
after(async () => {
  clearInterval(watch);
  await server.stop();
  await db.drop();
});

// What the database has is what was sent, chunk by chunk.
async function isStored(task) {
  const slices = Math.ceil(CHUNK / await db.query(`SELECT length(data) FROM xlsx_private.chunk JOIN xlsx_private.task t USING (file_id) WHERE t.id = ${task} AND slice = 0`));
  const hashes = (await db.query(`SELECT md5(string_agg(data, '' ORDER BY slice)) FROM xlsx_private.chunk JOIN xlsx_private.task t USING (file_id)
    WHERE t.id = ${task} GROUP BY slice / ${slices} ORDER BY slice / ${slices}`)).split('\n');
  assert.equal(hashes.length, Math.ceil(file.length / CHUNK));
  hashes.forEach((hash, i) => assert.equal(hash, createHash('md5').update(file.subarray(i * CHUNK, (i + 1) * CHUNK)).digest('hex'), `chunk ${i}`));
}

function stays(t, what, begin) {
  t.diagnostic(`${what}: ${file.length} bytes in ${Math.round((Date.now() - begin) / 1000)} s, at most ${highest} kB resident`);
  assert.ok(highest > 0 && highest < LIMIT_KB, `${highest} kB`);
}

function send(path, options) {
  const req = http.request(server.url + path, { agent: false, ...options });
  req.setMaxListeners(0); // one a piece that had to wait
  return req;
}

// Node would copy the whole body at once; a piece at a time is what clients send.
async function write(req, from, to) {
  for (let at = from; at < to; at += MEGABYTE) {
    if (req.destroyed) return;
    if (!req.write(file.subarray(at, Math.min(at + MEGABYTE, to)))) await new Promise((resolve) => { req.once('drain', resolve); req.once('close', resolve); });
  }
}

test('in one piece', async (t) => {
  const begin = Date.now();
  const req = send('/upload-xlsx/upload?runAt=2100-01-01', { method: 'PUT', headers: { 'content-type': XLSX, 'content-length': file.length } });
  const answer = new Promise((resolve, reject) => { req.on('response', resolve); req.on('error', reject); });
  await write(req, 0, file.length);
  req.end();
  const response = await answer;
  let text = '';
  for await (const part of response) text += part;
  assert.equal(response.statusCode, 201, text);
  stays(t, 'in one piece', begin);
  await isStored(JSON.parse(text).taskId);
});

test('by tus, over a connection that is cut', async (t) => {
  const begin = Date.now();
  const version = { 'tus-resumable': '1.0.0' };
  const metadata = `filename ${Buffer.from('large.xlsx').toString('base64')},runAt ${Buffer.from('2100-01-01').toString('base64')}`;
  const { headers: { location } } = await request(`${server.url}/files/`, {
    method: 'POST', headers: { ...version, 'content-length': 0, 'upload-length': file.length, 'upload-metadata': metadata },
  });
  let offset = 0;
  let cuts = 0;
  let task;
  while (task === undefined) {
    const part = cuts < CUTS ? Math.floor(((cuts + 1) * file.length) / (CUTS + 1)) + 12345 : file.length;
    const req = send(`/files/${location}`, { method: 'PATCH', headers: { ...version, 'content-type': 'application/offset+octet-stream', 'content-length': file.length - offset, 'upload-offset': offset } });
    const answer = new Promise((resolve) => { req.on('response', resolve); req.on('error', () => resolve(undefined)); });
    await write(req, offset, part);
    if (part < file.length) {
      req.destroy();
      cuts++;
    } else req.end();
    const response = await answer;
    if (response?.statusCode === 204) task = response.headers['task-id'];
    else {
      // The cut is noticed when it is; until then the upload is locked, or its last bytes are on their way.
      for (;;) {
        const { status, headers } = await request(`${server.url}/files/${location}`, { method: 'HEAD', headers: version });
        if (status !== 200) continue;
        assert.ok(Number(headers['upload-offset']) >= offset);
        offset = Number(headers['upload-offset']);
        break;
      }
    }
  }
  assert.equal(cuts, CUTS);
  stays(t, `by tus, cut ${cuts} times`, begin);
  await isStored(task);
});
