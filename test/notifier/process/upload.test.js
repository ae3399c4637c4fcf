// Uploads: what is accepted, what is refused, and that a refused upload leaves nothing behind (S-020, S-031, S-033, S-130).

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import http from 'node:http';
import net from 'node:net';
import { after, before, beforeEach, describe, test } from 'node:test';
import { api, becomes, BASE, form, metric, post, upload, XLSX } from './support/api.js';
import { Database } from './support/cluster.js';
import { raw, request } from './support/engine.js';
import { Notifier } from './support/notifier.js';
import { HEADERS, people, readWorkbook, workbook, workbookEntries, zip } from './support/workbook.js';

const LIMIT = 8 * 1024 * 1024;

let db;
let server;
const good = workbook(people(3));

before(async () => {
  db = await Database.create();
  server = await Notifier.start({ 'database-url': db.url, 'max-upload-size': LIMIT, 'max-uploads': 2, 'request-timeout': '5s' });
});
after(async () => {
  await server.stop();
  await db.drop();
});

const kept = () => db.query('SELECT (SELECT count(*) FROM xlsx.tasks) || \' tasks, \' || (SELECT count(*) FROM xlsx_private.file WHERE size > 0) || \' files, \' || (SELECT count(*) FROM xlsx_private.chunk) || \' slices\'');

const unfinished = () => db.query("SELECT count(*) || ' of ' || coalesce(sum(size), 0) || ' bytes' FROM xlsx_private.file WHERE NOT complete");

async function forgetAll() {
  await db.query('SELECT xlsx.wait(id), xlsx.delete(id) FROM xlsx.tasks');
  assert.equal(await kept(), '0 tasks, 0 files, 0 slices');
}

// An upload whose bytes are sent by hand.
function start(url, length, { headers = {}, path = `${BASE}/upload` } = {}) {
  const req = http.request(url + path, {
    method: 'POST', agent: false, headers: { 'content-type': 'multipart/form-data; boundary=b', 'content-length': length, ...headers },
  });
  const answer = new Promise((resolve, reject) => {
    req.on('response', (res) => {
      let text = '';
      res.on('data', (part) => { text += part; });
      res.on('end', () => resolve({ status: res.statusCode, headers: res.headers, json: JSON.parse(text) }));
    });
    req.on('error', reject);
  });
  answer.catch(() => {});
  return { write: (data) => new Promise((resolve) => req.write(data, resolve)), end: (data) => req.end(data), destroy: () => req.destroy(), answer };
}

const fileHead = '--b\r\nContent-Disposition: form-data; name="file"; filename="a.xlsx"\r\n\r\n';
const formEnd = '\r\n--b--\r\n';

describe('an upload that is taken', () => {
  let first;
  for (const base of [BASE, '/upload-xlsx']) {
    test(`S-020 S-031 S-130 at ${base}: 201 and a task`, async () => {
      const response = await post(server.url, form([['file', good, 'people.xlsx']]), `${base}/upload`);
      assert.equal(response.status, 201);
      assert.equal(response.headers['content-type'], 'application/json; charset=utf-8');
      const { createdAt, taskId, id, duplicateOf, ...rest } = response.json;
      assert.deepEqual(rest, { fileName: 'people.xlsx', fileSize: good.length, status: 'PENDING' });
      assert.equal(duplicateOf?.taskId, base === BASE ? undefined : first, 'the second time it is told which task had the file');
      first ??= taskId;
      assert.equal(taskId, id);
      assert.match(createdAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      assert.equal(await db.query(`SELECT xlsx.wait(${taskId})`), 'COMPLETED');
      assert.equal(await db.query(`SELECT count(*) FROM people WHERE task_id = ${taskId}`), '3');
    });
  }

  test('fields before and behind the file count alike', async () => {
    await db.query('CREATE TABLE guests (name text NOT NULL)');
    await db.query("SELECT xlsx.create_profile('guests', 'guests')");
    for (const parts of [
      [['profile', 'guests'], ['priority', '7'], ['file', good, 'a.xlsx']],
      [['file', good, 'a.xlsx'], ['profile', 'guests'], ['priority', '7']],
      [['profile', 'guests'], ['file', good, 'a.xlsx'], ['priority', '7']],
    ]) {
      const { json } = await post(server.url, form(parts));
      assert.equal(await db.query(`SELECT xlsx.wait(${json.taskId})`), 'COMPLETED');
      assert.deepEqual(await db.json(`SELECT profile, priority FROM xlsx.tasks WHERE id = ${json.taskId}`), [{ profile: 'guests', priority: 7 }]);
    }
    await db.query("SELECT xlsx.drop_profile('guests')");
  });

  test('the same idempotency key again is the first task', async () => {
    const first = await upload(server.url, good, 'a.xlsx', { idempotencyKey: 'once' });
    const second = await upload(server.url, good, 'a.xlsx', { idempotencyKey: 'once' });
    assert.deepEqual([first.status, second.status], [201, 200]);
    assert.equal(second.json.taskId, first.json.taskId);
    assert.equal(await db.query("SELECT count(*) FROM xlsx.tasks WHERE idempotency_key = 'once'"), '1');
  });

  test('a name is kept without its folders, whatever it is made of', async () => {
    const names = {
      'C:\\Users\\me\\Überblick €.xlsx': 'Überblick €.xlsx',
      '/etc/people 2.xlsx': 'people 2.xlsx',
      '%22quoted%22.xlsx': '"quoted".xlsx',
      '日本語.xlsx': '日本語.xlsx',
      'a\tb.xlsx': 'ab.xlsx',
    };
    for (const [given, expected] of Object.entries(names)) {
      const { json } = await upload(server.url, good, given);
      assert.equal(json.fileName, expected);
    }
    const latin1 = form([['file', good, 'NAME']]);
    const at = latin1.body.indexOf('NAME');
    latin1.body = Buffer.concat([latin1.body.subarray(0, at), Buffer.from('M\xfcller.xlsx', 'latin1'), latin1.body.subarray(at + 4)]);
    assert.equal((await post(server.url, latin1)).json.fileName, 'Müller.xlsx');
  });

  test('of many chunks arrives whole, at any size around a chunk', async () => {
    for (const size of [262143, 262144, 262145, 524288, 3 * 1024 * 1024 + 17]) {
      const entries = workbookEntries(people(2));
      const base = zip({ ...entries, pad: '' }, { stored: true }).length;
      const file = zip({ ...entries, pad: randomBytes(size - base) }, { stored: true });
      assert.equal(file.length, size);
      const { json } = await upload(server.url, file);
      assert.equal(json.fileSize, size);
      assert.equal(await db.query(`SELECT xlsx.wait(${json.taskId})`), 'COMPLETED');
    }
  });

  test('a client that waits to be asked for the body is asked', async () => {
    const { body, headers } = form([['file', good, 'a.xlsx']]);
    const socket = net.connect(server.port, '127.0.0.1');
    socket.write(`POST ${BASE}/upload HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nConnection: close\r\n`
      + `Content-Type: ${headers['content-type']}\r\nContent-Length: ${body.length}\r\n\r\n`);
    let received = '';
    socket.on('data', (data) => { received += data; });
    await new Promise((resolve) => socket.once('data', resolve));
    assert.equal(received, 'HTTP/1.1 100 Continue\r\n\r\n');
    socket.write(body);
    await new Promise((resolve) => socket.on('close', resolve));
    assert.match(received, /HTTP\/1.1 201 Created/);
  });

  test('the connection serves further requests', async () => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    for (let i = 0; i < 3; i++) {
      const { body, headers } = form([['file', good, 'a.xlsx']]);
      const response = await request(`${server.url}${BASE}/upload`, { method: 'POST', agent, body, headers: { ...headers, 'content-length': body.length } });
      assert.equal(response.status, 201);
      assert.notEqual(response.headers.connection, 'close');
    }
    agent.destroy();
  });

  test('by the form that fetch makes', async () => {
    const data = new FormData();
    data.append('profile', 'people');
    data.append('file', new Blob([good], { type: XLSX }), 'fetch.xlsx');
    const response = await fetch(`${server.url}${BASE}/upload`, { method: 'POST', body: data });
    assert.equal(response.status, 201);
    assert.equal((await response.json()).fileName, 'fetch.xlsx');
  });
});

describe('S-033 S-171 an upload that is refused leaves nothing behind', () => {
  beforeEach(forgetAll);

  const ole = Buffer.concat([Buffer.from('d0cf11e0a1b11ae1', 'hex'), Buffer.alloc(8192)]);
  const contents = {
    'no bytes': Buffer.alloc(0),
    'one byte': Buffer.from('P'),
    'CSV named .xlsx': Buffer.from('Name,Gender,Bio-ID\nAnn,f,1\n'),
    'a workbook of Excel 97, or one with a password': ole,
    'HTML named .xlsx': Buffer.from('<html><table></table></html>'),
    'random bytes': randomBytes(600000),
  };
  for (const [name, content] of Object.entries(contents)) {
    test(`${name}: 400`, async () => {
      const { status, json } = await upload(server.url, content);
      assert.equal(status, 400);
      assert.equal(json.error, 'Bad Request');
      assert.equal(json.statusCode, 400);
      assert.match(json.code, /^22/);
      assert.match(json.message, /^file /);
      assert.equal(await kept(), '0 tasks, 0 files, 0 slices');
    });
  }

  const forms = {
    'no file': [form([['profile', 'people']]), /^No file/],
    'a file input left empty': [form([['file', '', '']]), /^No file/],
    'a file in another field': [form([['document', good, 'a.xlsx']]), /^Unexpected file/],
    'a text where the file belongs': [form([['file', 'text']]), /^No file/],
    'two files': [form([['file', good, 'a.xlsx'], ['file', good, 'b.xlsx']]), /^More than one file/],
    'a field that is too long': [form([['profile', 'x'.repeat(70000)], ['file', good, 'a.xlsx']]), /^A field is too long/],
    'a field with a NUL': [form([['profile', 'a\0b'], ['file', good, 'a.xlsx']]), /NUL/],
    'a profile that is not there': [form([['profile', 'nobody'], ['file', good, 'a.xlsx']]), /^profile "nobody"/],
    'a profile that is not there, behind the file': [form([['file', good, 'a.xlsx'], ['profile', 'nobody']]), /^profile "nobody"/],
    'a priority that is no number': [form([['priority', 'high'], ['file', good, 'a.xlsx']]), /"high"/],
    'a headerCheck that does not exist': [form([['headerCheck', 'some'], ['file', good, 'a.xlsx']]), /^header_check "some" does not exist$/],
    'a headerCheck that does not exist, behind the file': [form([['file', good, 'a.xlsx'], ['headerCheck', 'some']]), /^header_check "some" does not exist$/],
    'a mode that does not exist': [form([['mode', 'merge'], ['file', good, 'a.xlsx']]), /^mode "merge" does not exist$/],
    'maxErrors below 0': [form([['maxErrors', '-1'], ['file', good, 'a.xlsx']]), /^max_errors must not be negative$/],
    'a mapping that is no object': [form([['mapping', '[]'], ['file', good, 'a.xlsx']]), /^mapping must be a JSON object$/],
    'a form without an end': [{ body: Buffer.concat([Buffer.from(fileHead), good]), headers: { 'content-type': 'multipart/form-data; boundary=b' } }, /not complete/],
    'a form without a beginning': [{ body: Buffer.from('nothing'), headers: { 'content-type': 'multipart/form-data; boundary=b' } }, /not complete/],
    'an empty body': [{ body: Buffer.alloc(0), headers: { 'content-type': 'multipart/form-data; boundary=b' } }, /not complete/],
    'a boundary that goes on': [{ body: Buffer.from('--bb\r\n'), headers: { 'content-type': 'multipart/form-data; boundary=b' } }, /malformed/],
    'no boundary': [{ body: good, headers: { 'content-type': 'multipart/form-data' } }, /^Send the workbook as multipart/],
    'the bare file': [{ body: good, headers: { 'content-type': 'text/plain' } }, /^Send the workbook as multipart/],
    'no content type': [{ body: good, headers: {} }, /^Send the workbook as multipart/],
  };
  for (const [name, [data, message]] of Object.entries(forms)) {
    test(`${name}: 400`, async () => {
      const { status, json } = await post(server.url, data);
      assert.equal(status, 400);
      assert.deepEqual([json.error, json.statusCode], ['Bad Request', 400]);
      assert.match(json.message, message);
      assert.equal(await kept(), '0 tasks, 0 files, 0 slices');
    });
  }

  test('3 GB announced: 413 before they come', async () => {
    const answer = await raw(server.port, `POST ${BASE}/upload HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=b\r\n`
      + `Content-Length: 3221225472\r\n\r\n${fileHead}PK`, { until: /\}$/ });
    assert.match(answer, /^HTTP\/1.1 413 Payload Too Large/);
    assert.match(answer, /"statusCode":413/);
    assert.equal(await kept(), '0 tasks, 0 files, 0 slices');
  });

  test('a file above the limit in a body that may pass: 413', async () => {
    const file = Buffer.concat([good, randomBytes(LIMIT - good.length + 1)]);
    const { status } = await upload(server.url, file);
    assert.equal(status, 413);
    assert.equal(await kept(), '0 tasks, 0 files, 0 slices');
  });

  test('a chunked body: 411', async () => {
    const answer = await raw(server.port, `POST ${BASE}/upload HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=b\r\n`
      + 'Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n');
    assert.match(answer, /^HTTP\/1.1 411 /);
    assert.match(answer, /"statusCode":411/);
  });

  test('a refused file is not read to its end', async () => {
    const sending = start(server.url, LIMIT);
    await sending.write(fileHead);
    await sending.write(Buffer.alloc(300000, 'x'));
    const { status } = await sending.answer;
    assert.equal(status, 400);
    sending.destroy();
    await becomes(server.url, 'uploads', 0);
  });

  for (const [name, bytes] of [['before the file', 0], ['in the first chunk', 1000], ['behind several chunks', 700000]]) {
    test(`a client that goes away ${name}`, async () => {
      const abandoned = await metric(server.url, 'uploads_abandoned_total');
      const entries = workbookEntries(people(2));
      const file = zip({ ...entries, pad: randomBytes(1000000) }, { stored: true });
      const sending = start(server.url, file.length + 1000);
      if (bytes > 0) await sending.write(fileHead);
      await sending.write(file.subarray(0, bytes));
      await becomes(server.url, 'uploads', 1);
      sending.destroy();
      await becomes(server.url, 'uploads', 0);
      assert.equal(await metric(server.url, 'uploads_abandoned_total'), abandoned + 1);
      assert.equal(await kept(), '0 tasks, 0 files, 0 slices');
    });
  }

  test('a client that stops sending is cut off', async () => {
    const impatient = await Notifier.start({ 'database-url': db.url, 'request-timeout': '1s' });
    const sending = start(impatient.url, 1000000);
    await sending.write(fileHead);
    await sending.write(good);
    await assert.rejects(sending.answer);
    await becomes(impatient.url, 'uploads', 0);
    assert.equal(await kept(), '0 tasks, 0 files, 0 slices');
    await impatient.stop();
  });

  test('a database connection that breaks: 503', async () => {
    const session = db.session();
    await session.run('BEGIN; LOCK TABLE xlsx_private.file IN EXCLUSIVE MODE');
    const sending = start(server.url, 2000000);
    await sending.write(fileHead);
    await sending.write(zip({ ...workbookEntries(people(2)), pad: randomBytes(600000) }, { stored: true }).subarray(0, 550000));
    while (await db.query(`SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
      WHERE datname = current_database() AND application_name = 'pg_xlsx_notifier' AND wait_event_type = 'Lock'`) === '0');
    const { status, json } = await sending.answer;
    assert.equal(status, 503);
    assert.equal(json.error, 'Service Unavailable');
    sending.destroy();
    await session.run('ROLLBACK');
    await session.close();
    assert.equal(await kept(), '0 tasks, 0 files, 0 slices');
  });

  test('a notifier that is killed leaves what expires', async () => {
    const doomed = await Notifier.start({ 'database-url': db.url });
    const sending = start(doomed.url, 2000000);
    await sending.write(fileHead);
    await sending.write(zip({ ...workbookEntries(people(2)), pad: randomBytes(600000) }, { stored: true }).subarray(0, 550000));
    while (await unfinished() !== '1 of 524288 bytes');
    await doomed.stop('SIGKILL');
    const other = await db.query("SELECT string_agg(xlsx.submit('people', '\\x504b0304'::bytea, 'kept.xlsx', run_at => now() + '1 day')::text, ',')");
    await db.query("UPDATE xlsx_private.file SET used_at = now() - interval '2 hours'");
    await db.query('SELECT xlsx_private.wake_queue()');
    while (await unfinished() !== '0 of 0 bytes');
    assert.equal(await kept(), '1 tasks, 1 files, 1 slices');
    await db.query(`SELECT xlsx.delete(${other})`);
  });

  test('an upload that loses its key leaves no file', async () => {
    const files = () => db.query('SELECT count(*) FROM xlsx_private.file');
    const before = Number(await files());
    const { json: first } = await upload(server.url, good, 'a.xlsx', { idempotencyKey: 'lost', runAt: '2100-01-01' });
    const { status, json } = await upload(server.url, good, 'b.xlsx', { idempotencyKey: 'lost', runAt: '2100-01-01' });
    assert.deepEqual([status, json.taskId], [200, first.taskId]);
    assert.equal(await db.query("SELECT xlsx.submit('people', '\\x504b0304'::bytea, 'c.xlsx', idempotency_key => 'lost')"), String(first.taskId));
    assert.equal(Number(await files()), before + 1);
    assert.equal(await db.query('SELECT count(*) FROM xlsx.tasks'), '1');
    await db.query(`SELECT xlsx.delete(${first.taskId})`);
  });
});

describe('limits', () => {
  const large = () => zip({ ...workbookEntries(people(2)), pad: randomBytes(600000) }, { stored: true });
  const sessions = (condition) => db.query(`SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'pg_xlsx_notifier' AND ${condition}`);

  test('uploads that are sent slowly keep nobody out, and no connection and no transaction', async () => {
    const patient = await Notifier.start({ 'database-url': db.url, 'max-uploads': 2, 'request-timeout': '5min' });
    const sending = [];
    await forgetAll();
    for (let i = 0; i < 12; i++) { // six times as many as max-uploads
      const file = large();
      const one = start(patient.url, fileHead.length + file.length + formEnd.length);
      await one.write(fileHead);
      await one.write(file.subarray(0, 400000));
      sending.push([one, file]);
    }
    while (await unfinished() !== `12 of ${12 * 262144} bytes`);
    assert.equal(await sessions("state <> 'idle' AND state <> 'active'"), '0');
    assert.equal((await upload(patient.url, good)).status, 201);
    for (const [one, file] of sending) {
      await one.write(file.subarray(400000));
      one.end(formEnd);
      assert.equal((await one.answer).status, 201);
    }
    await patient.stop();
    await forgetAll();
  });

  test('more of them than 32 times max-uploads are asked to come back', async () => {
    const narrow = await Notifier.start({ 'database-url': db.url, 'max-uploads': 1 });
    const sending = [];
    for (let i = 0; i < 32; i++) {
      sending.push(start(narrow.url, good.length + fileHead.length + formEnd.length));
      await sending[i].write(fileHead);
    }
    await becomes(narrow.url, 'uploads', 32);
    const another = await upload(narrow.url, good);
    assert.deepEqual([another.status, another.json.message], [503, 'Too many uploads at a time']);
    assert.ok(Number(another.headers['retry-after']) > 0);
    assert.equal((await api(narrow.url, '/tasks')).status, 200);
    for (const one of sending) {
      await one.write(good);
      one.end(formEnd);
      assert.equal((await one.answer).status, 201);
    }
    assert.equal((await upload(narrow.url, good)).status, 201);
    await narrow.stop();
  });

  test('a body that trickles is cut off, however steadily it comes', async () => {
    const impatient = await Notifier.start({ 'database-url': db.url, 'request-timeout': '200ms' });
    for (const path of [`${BASE}/upload`, `${BASE}/preview`]) {
      const one = start(impatient.url, 1000000, { path });
      const began = Date.now();
      await one.write(fileHead);
      const timer = setInterval(() => one.write('x'), 50);
      await assert.rejects(one.answer);
      clearInterval(timer);
      assert.ok(Date.now() - began >= 1900, `${Date.now() - began} ms`);
    }
    await becomes(impatient.url, 'uploads', 0);
    await impatient.stop();
  });

  test('a slow database slows the client down, and fills no memory', async () => {
    const slow = await Notifier.start({ 'database-url': db.url });
    await db.query(`CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.03); RETURN NEW; END $$;
      CREATE TRIGGER slow BEFORE UPDATE ON xlsx_private.file FOR EACH ROW EXECUTE FUNCTION slow()`);
    const entries = workbookEntries(people(2));
    const file = zip({ ...entries, pad: randomBytes(24 * 1024 * 1024) }, { stored: true });
    const before = slow.memory('RssAnon');
    let highest = 0;
    let resident = 0;
    const watch = setInterval(() => {
      highest = Math.max(highest, slow.memory('RssAnon'));
      resident = Math.max(resident, slow.memory());
    }, 20);
    const { status, json } = await upload(slow.url, file);
    clearInterval(watch);
    assert.ok(resident < 25 * 1024, `${resident} kB resident`);
    assert.equal(status, 201);
    assert.equal(json.fileSize, file.length);
    assert.ok(highest - before < 3 * 1024, `${highest - before} kB`);
    await db.query('DROP TRIGGER slow ON xlsx_private.file');
    await slow.stop();
  });

  test('eight uploads at once stay below 25 MiB resident', async () => {
    const busy = await Notifier.start({ 'database-url': db.url });
    const file = zip({ ...workbookEntries(people(2)), pad: randomBytes(6 * 1024 * 1024) }, { stored: true });
    let highest = 0;
    const watch = setInterval(() => { highest = Math.max(highest, busy.memory()); }, 10);
    const answers = await Promise.all(Array.from({ length: 8 }, () => upload(busy.url, file)));
    clearInterval(watch);
    assert.deepEqual(answers.map((answer) => answer.status), Array(8).fill(201));
    assert.ok(highest > 0 && highest < 25 * 1024, `${highest} kB`);
    await busy.stop();
  });
});

test('headers of the sheet are the database\'s business', async () => {
  const { json, status } = await upload(server.url, workbook([HEADERS.map((header) => header.toUpperCase())]));
  assert.equal(status, 201);
  assert.equal(await db.query(`SELECT xlsx.wait(${json.taskId})`), 'COMPLETED');
});

describe('a body that is the workbook itself', () => {
  const send = (query, { method = 'POST', headers = {}, body = workbook(people(4)), path = `${BASE}/upload` } = {}) => (
    request(`${server.url}${path}${query}`, { method, headers: { 'content-type': XLSX, 'content-length': body.length, ...headers }, body })
      .then((response) => ({ ...response, json: JSON.parse(response.text) })));

  for (const method of ['POST', 'PUT']) {
    test(`${method}: the query tells the rest`, async () => {
      const { status, json } = await send('?fileName=gr%C3%B6%C3%9Fer.xlsx&profile=people&priority=7', { method });
      assert.equal(status, 201);
      assert.equal(json.fileName, 'größer.xlsx');
      await db.query(`SELECT xlsx.wait(${json.taskId})`);
      assert.equal(await db.query(`SELECT status || ' ' || saved_rows || ' ' || priority FROM xlsx_private.task WHERE id = ${json.taskId}`), 'COMPLETED 4 7');
    });
  }

  test('has a name all the same', async () => assert.equal((await send('')).json.fileName, 'upload.xlsx'));
  test('of another type: 400', async () => assert.equal((await send('', { headers: { 'content-type': 'text/csv' } })).status, 400));
  test('that is empty: 400', async () => assert.equal((await send('', { body: Buffer.alloc(0) })).status, 400));
  test('that is no workbook: 400', async () => assert.equal((await send('', { body: Buffer.from('hello, world') })).status, 400));
  test('a form by PUT: 400', async () => {
    const { headers, body } = form([['file', workbook(people(1)), 'a.xlsx']]);
    assert.equal((await request(`${server.url}${BASE}/upload`, { method: 'PUT', headers: { ...headers, 'content-length': body.length }, body })).status, 400);
  });

  test('Idempotency-Key: the first task again, of forms as well', async () => {
    const key = { 'idempotency-key': 'k"1' };
    const first = await send('', { headers: key });
    const second = await send('', { headers: key });
    assert.deepEqual([first.status, second.status, second.json.taskId], [201, 200, first.json.taskId]);
    const { headers, body } = form([['file', workbook(people(1)), 'a.xlsx']]);
    const third = await post(server.url, { headers: { ...headers, ...key }, body });
    assert.deepEqual([third.status, third.json.taskId], [200, first.json.taskId]);
  });
});

describe('a preview', () => {
  test('tells what an import would make of a workbook, and keeps nothing', async () => {
    const before = await db.query('SELECT count(*) FROM xlsx_private.task');
    const { status, json } = await post(server.url, form([['profile', 'people'], ['file', workbook(people(20)), 'look.xlsx']]), `${BASE}/preview`);
    assert.equal(status, 200);
    assert.deepEqual([json.fileName, json.profile, json.sheet, json.headerRow, json.rows.length], ['look.xlsx', 'people', 'Sheet1', 1, 10]);
    assert.deepEqual(json.columns.map(({ header, target }) => [header, target]), [['Name', 'name'], ['Gender', 'gender'], ['Bio-ID', 'bio_id']]);
    assert.equal(await db.query('SELECT count(*) FROM xlsx_private.task'), before);
    assert.equal(await db.query("SELECT count(*) FROM xlsx_private.file WHERE name = 'look.xlsx'"), '0');
  });

  test('of no workbook: 400', async () => {
    assert.equal((await post(server.url, form([['file', Buffer.from('x'), 'a.xlsx']]), `${BASE}/preview`)).status, 400);
  });
});

describe('a template', () => {
  test('is a workbook with the headers of its profile', async () => {
    const { status, headers, body } = await request(`${server.url}${BASE}/profiles/people/template`);
    assert.equal(status, 200);
    assert.equal(headers['content-type'], XLSX);
    assert.match(headers['content-disposition'], /^attachment; filename="people.*\.xlsx"$/);
    assert.deepEqual(readWorkbook(body).rows[0].slice(0, 3), ['Name', 'Gender', 'Bio-ID']);
  });

  test('of a profile that is not there: 404', async () => {
    assert.equal((await request(`${server.url}${BASE}/profiles/nothing/template`)).status, 404);
  });
});
