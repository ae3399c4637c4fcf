// The REST interface beyond uploads, and what the notifier says about itself.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { api, BASE, metric, upload } from './support/api.js';
import { Database } from './support/cluster.js';
import { raw, request } from './support/engine.js';
import { complaints, promtool } from './support/exposition.js';
import { Notifier } from './support/notifier.js';
import { people, workbook } from './support/workbook.js';

const VERSION = readFileSync(join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '../../../extension/pg_xlsx.control'), 'utf8').match(/^default_version = '(.*)'/m)[1];
const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

let db;
let server;

before(async () => {
  db = await Database.create();
  server = await Notifier.start({ 'database-url': db.url, 'cors-origin': '*', 'metrics-interval': '0' });
});
after(async () => {
  await server.stop();
  await db.drop();
});

async function imported(rows) {
  const { json } = await upload(server.url, workbook(rows));
  await db.query(`SELECT xlsx.wait(${json.taskId})`);
  return json.taskId;
}

describe('S-021 the list of tasks', () => {
  const tasks = [];
  before(async () => {
    for (let i = 0; i < 13; i++) tasks.push(await imported(people(2, (row) => (i % 2 && row === 1 ? 0 : undefined))));
  });

  test('comes in pages, newest first', async () => {
    const first = await api(server.url, '/tasks');
    assert.equal(first.status, 200);
    assert.equal(first.headers['content-type'], 'application/json; charset=utf-8');
    assert.deepEqual(first.json.meta, { total: 13, page: 1, limit: 10, totalPages: 2 });
    assert.deepEqual(first.json.data.map(({ id }) => id), [...tasks].reverse().slice(0, 10));
    const second = await api(server.url, '/tasks?page=2&limit=10');
    assert.deepEqual(second.json.data.map(({ id }) => id), [...tasks].reverse().slice(10));
    const beyond = await api(server.url, '/tasks?page=3');
    assert.deepEqual([beyond.status, beyond.json.data], [200, []]);
  });

  test('by status', async () => {
    const { json } = await api(server.url, '/tasks?status=HAS_ERRORS&limit=100');
    assert.equal(json.meta.total, 6);
    assert.ok(json.data.every(({ status }) => status === 'HAS_ERRORS'));
  });

  test('S-031 under the short path as well', async () => {
    const { json } = await api(server.url, '/tasks?limit=1', { base: '/upload-xlsx' });
    assert.equal(json.data[0].id, tasks.at(-1));
  });

  for (const query of ['page=0', 'page=-1', 'page=1.5', 'page=x', 'page=', 'limit=0', 'limit=101', 'limit=x', 'status=NONE', 'page=99999999999999999999']) {
    test(`${query}: 400`, async () => {
      const { status, json } = await api(server.url, `/tasks?${query}`);
      assert.equal(status, 400);
      assert.deepEqual([json.error, json.statusCode], ['Bad Request', 400]);
    });
  }

  test('S-022 S-023 and a single one, with its counts', async () => {
    const { status, json } = await api(server.url, `/tasks/${tasks[1]}`);
    assert.equal(status, 200);
    const { createdAt, updatedAt, startedAt, completedAt, fileKeptUntil, fileSize, workMs, ...rest } = json;
    for (const time of [createdAt, updatedAt, startedAt, completedAt, fileKeptUntil]) assert.match(time, ISO);
    assert.ok(fileSize > 0);
    assert.ok(workMs >= 0 && workMs <= Date.parse(completedAt) - Date.parse(startedAt) + 100, `${workMs} ms`);
    assert.deepEqual(rest, {
      id: tasks[1], profile: 'people', fileName: 'people.xlsx', status: 'HAS_ERRORS', phase: null, progress: 100, totalRows: 2,
      validatedRows: 2, errorRows: 1, savedRows: 1, attempts: 1, errorMessage: null, errorCode: null, errorDetail: null, errorHint: null, dataCount: 1, errorCount: 1,
      mode: 'insert', dryRun: false, warningRows: 0, insertedRows: 1, updatedRows: 0, unchangedRows: 0, deletedRows: 0, absentRows: 0, skippedRows: 0, undoable: true, exactlyOnce: true,
      undone: false, undoneRows: 0, deletesRows: true, waitingFor: null,
      sheet: 'Sheet1', sheets: null, headerRow: 1, missing: [], unused: [], duplicates: [], notes: [], findings: [], params: {}, held: false, runOf: null, ranAs: null, erasedAt: null, duplicateOf: null,
      after: null, setId: null, setSize: null, atomic: false, tasks: null,
    });
  });
});

describe('one task', () => {
  for (const [method, path] of [['GET', '/tasks/ID'], ['GET', '/tasks/ID/errors'], ['POST', '/tasks/ID/retry'], ['POST', '/tasks/ID/cancel'],
    ['POST', '/tasks/ID/run'], ['POST', '/tasks/ID/release'], ['POST', '/tasks/ID/erase'],
    ['DELETE', '/tasks/ID'], ['DELETE', '/delete-task-by-id/ID'], ['GET', '/get-validation-errors-by-task-id/ID']]) {
    test(`S-024 ${method} ${path}: an unknown id is 404, one that is no number or too large 400`, async () => {
      const unknown = await api(server.url, path.replace('ID', '999999'), { method });
      assert.equal(unknown.status, 404);
      const { code, ...body } = unknown.json;
      assert.deepEqual(body, { message: 'Task with ID 999999 not found', error: 'Not Found', statusCode: 404 });
      for (const id of ['abc', '1x', '9223372036854775808', '1%27%3B--', '%00x', '1e3']) {
        const wrong = await request(`${server.url}${BASE}${path.replace('ID', id)}`, { method, headers: { 'content-length': 0 } });
        assert.equal(wrong.status, 400, id);
        assert.equal(JSON.parse(wrong.text).statusCode, 400);
      }
    });
  }

  test('S-025 S-026 deleting takes its rows and errors along; again: 404', async () => {
    for (const path of ['/delete-task-by-id/', '/tasks/']) {
      const id = await imported(people(5, (row) => (row === 2 ? 1 : undefined)));
      const { status, json } = await api(server.url, path + id, { method: 'DELETE' });
      assert.deepEqual([status, json.message], [200, `Task with ID ${id} deleted successfully`]);
      assert.equal(await db.query(`SELECT count(*) FROM people WHERE task_id = ${id}`), '0');
      assert.equal((await api(server.url, path + id, { method: 'DELETE' })).status, 404);
      assert.equal((await api(server.url, `/tasks/${id}`)).status, 404);
    }
  });

  test('its errors come in pages', async () => {
    const id = await imported(people(30, (row) => (row % 2 ? 1 : undefined)));
    const { json } = await api(server.url, `/tasks/${id}/errors?page=2&limit=10`);
    assert.deepEqual(json.meta, { total: 15, page: 2, limit: 10, totalPages: 2 });
    const [{ rowNumber, values, errors }] = json.data;
    assert.equal(rowNumber, 22);
    assert.deepEqual({ ...values, Gender: values.Gender ?? '' }, { Name: 'Person 21', Gender: '', 'Bio-ID': 'B21' });
    assert.equal(errors.length, 1);
    assert.equal(errors[0].column, 'Gender');
    assert.equal(errors[0].cell, 'B22');
    assert.equal(errors[0].code, 'required');
    assert.equal(errors[0].message, 'Gender is required');
    assert.equal((await api(server.url, `/tasks/${id}/errors?limit=101`)).status, 400);
  });

  test('cancel and retry where the status allows it, 409 where not', async () => {
    const id = await db.idleTask();
    const cancelled = await api(server.url, `/tasks/${id}/cancel`, { method: 'POST' });
    assert.deepEqual([cancelled.status, cancelled.json.status, cancelled.json.id], [200, 'CANCELLED', id]);
    const again = await api(server.url, `/tasks/${id}/cancel`, { method: 'POST' });
    assert.deepEqual([again.status, again.json.error, again.json.statusCode], [409, 'Conflict', 409]);
    const retried = await api(server.url, `/tasks/${id}/retry`, { method: 'POST' });
    assert.deepEqual([retried.status, retried.json.status], [200, 'PENDING']);
    const done = await imported(people(1));
    assert.equal((await api(server.url, `/tasks/${done}/retry`, { method: 'POST' })).status, 409);
  });

  test('a POST without a length has no body', async () => {
    const id = await db.idleTask();
    const answer = await raw(server.port, `POST ${BASE}/tasks/${id}/cancel HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    assert.match(answer, /^HTTP\/1.1 200 OK/);
    assert.match(answer, /"CANCELLED"/);
  });

  test('profiles are listed with their headers', async () => {
    const { json } = await api(server.url, '/profiles');
    assert.deepEqual(json.data.map(({ name, headers }) => ({ name, headers })), [{ name: 'people', headers: ['Name', 'Gender', 'Bio-ID'] }]);
  });
});

describe('routes', () => {
  test('what is nowhere: 404 in the one form', async () => {
    for (const path of ['/nothing', `${BASE}`, `${BASE}/`, `${BASE}/task`, `${BASE}/tasks/1/2/3`, `${BASE}s/tasks`, '/upload-xlsxtasks', '/x"y\\z']) {
      const { status, text } = await request(server.url + path.replace(/["\\]/g, encodeURIComponent));
      assert.equal(status, 404);
      assert.deepEqual(JSON.parse(text), { message: `Cannot GET ${path}`, error: 'Not Found', statusCode: 404 });
    }
  });

  test('bytes that are no UTF-8 do not break the answer', async () => {
    const { text } = await request(`${server.url}/%ff%fe`);
    assert.equal(JSON.parse(text).statusCode, 404);
  });

  for (const [method, path, allowed] of [['POST', '/tasks', 'GET'], ['GET', '/upload', 'POST, PUT'], ['PUT', '/tasks/1', 'GET, DELETE'],
    ['GET', '/tasks/1/retry', 'POST'], ['PATCH', '/delete-task-by-id/1', 'DELETE'], ['DELETE', '/profiles', 'GET']]) {
    test(`${method} ${path}: 405, ${allowed} allowed`, async () => {
      const { status, headers, json } = await api(server.url, path, { method });
      assert.equal(status, 405);
      assert.equal(headers.allow, allowed);
      assert.deepEqual(json, { message: `Cannot ${method} ${BASE}${path}`, error: 'Method Not Allowed', statusCode: 405 });
    });
  }

  test('a slash at the end is no matter', async () => {
    assert.equal((await api(server.url, '/tasks/')).status, 200);
  });

  test('HEAD is GET without the body', async () => {
    const { status, headers, text } = await request(`${server.url}${BASE}/tasks`, { method: 'HEAD' });
    assert.deepEqual([status, text], [200, '']);
    assert.ok(Number(headers['content-length']) > 0);
  });

  test('preflights are answered everywhere', async () => {
    const { status, headers } = await request(`${server.url}${BASE}/delete-task-by-id/1`, {
      method: 'OPTIONS', headers: { origin: 'http://page', 'access-control-request-method': 'DELETE', 'access-control-request-headers': 'authorization' },
    });
    assert.equal(status, 204);
    assert.equal(headers['access-control-allow-origin'], '*');
    assert.match(headers['access-control-allow-methods'], /\bDELETE\b/);
    assert.equal(headers['access-control-allow-headers'], 'authorization');
  });

  test('every answer carries the origin', async () => {
    for (const path of ['/nothing', `${BASE}/tasks`, `${BASE}/tasks/x`, '/healthz']) {
      assert.equal((await request(server.url + path)).headers['access-control-allow-origin'], '*');
    }
  });
});

describe('about itself', () => {
  test('it is alive, and ready', async () => {
    assert.deepEqual(JSON.parse((await request(`${server.url}/healthz`)).text), { status: 'ok' });
    const ready = await request(`${server.url}/readyz`);
    assert.deepEqual([ready.status, JSON.parse(ready.text)], [200, {
      status: 'ready', database: true, listening: true, stopping: false, reason: null, hint: null, versions: { sidecar: VERSION, sql: VERSION, library: VERSION }, older: null,
    }]);
  });

  test('without a database it is alive, but not ready', async () => {
    const lonely = await Notifier.start({ 'database-url': 'postgresql://127.0.0.1:1/none?connect_timeout=1' });
    assert.equal((await request(`${lonely.url}/healthz`)).status, 200);
    const ready = await request(`${lonely.url}/readyz`);
    assert.equal(ready.status, 503);
    assert.equal(JSON.parse(ready.text).database, false);
    for (const path of ['/tasks', '/tasks/1', '/get-validation-errors-by-task-id/1']) {
      const { status, json, headers } = await api(lonely.url, path);
      assert.equal(status, 503);
      assert.deepEqual([json.error, json.statusCode], ['Service Unavailable', 503]);
      assert.ok(Number(headers['retry-after']) > 0);
    }
    assert.equal((await upload(lonely.url, workbook(people(1)))).status, 503);
    await lonely.stop();
  });

  test('what goes wrong in the database is logged, not told', async () => {
    await db.query('ALTER FUNCTION xlsx_rest.rest_profiles() RENAME TO hidden');
    const { status, json } = await api(server.url, '/profiles');
    await db.query('ALTER FUNCTION xlsx_rest.hidden() RENAME TO rest_profiles');
    assert.equal(status, 500);
    assert.deepEqual(json, { message: 'Internal server error', error: 'Internal Server Error', statusCode: 500, code: '42883' });
    await server.logged(/function xlsx_rest\.rest_profiles\(\) does not exist/);
  });

  test('a database that does not answer in time: 503', async () => {
    const hasty = await Notifier.start({ 'database-url': db.url, 'request-timeout': '300ms' });
    const session = db.session();
    await session.run('BEGIN; LOCK TABLE xlsx_private.profile IN ACCESS EXCLUSIVE MODE');
    const { status, json } = await api(hasty.url, '/profiles');
    await session.run('ROLLBACK');
    await session.close();
    assert.deepEqual([status, json.message], [503, 'database did not answer in time']);
    assert.equal((await api(hasty.url, '/profiles')).status, 200);
    await hasty.stop();
  });

  test('requests beyond the pool wait for their turn', async () => {
    const small = await Notifier.start({ 'database-url': db.url, 'pool-size': 1 });
    const answers = await Promise.all(Array.from({ length: 100 }, () => api(small.url, '/tasks?limit=1')));
    assert.ok(answers.every(({ status }) => status === 200));
    assert.ok(await metric(small.url, 'database_connections') <= 1);
    await small.stop();
  });

  test('metrics are Prometheus text', async () => {
    const { headers, text } = await request(`${server.url}/metrics`);
    assert.match(headers['content-type'], /^text\/plain; version=0\.0\.4/);
    assert.deepEqual(complaints(text), []);
    for (const name of ['pg_xlsx_tasks', 'pg_xlsx_sweeps_total', 'pg_xlsx_removed_total', 'pg_xlsx_notifier_requests_total']) {
      assert.match(text, new RegExp(`^# HELP ${name} .*\\n# TYPE ${name} (gauge|counter)\\n${name}[ {]`, 'm'));
    }
    const before = await metric(server.url, 'requests_refused_total');
    await api(server.url, '/tasks?page=0');
    assert.equal(await metric(server.url, 'requests_refused_total'), before + 1);
  });

  test('metrics pass promtool check metrics', { skip: promtool === undefined && 'promtool is not installed' }, async () => {
    const { text } = await request(`${server.url}/metrics`);
    const { status, stdout, stderr } = spawnSync(promtool, ['check', 'metrics'], { input: text, encoding: 'utf8' });
    assert.deepEqual([status, stdout + stderr], [0, '']);
  });

  test('every metric of the database is explained, and none that is not there', async () => {
    assert.equal(await db.query(`SELECT string_agg(name, ' ') FROM (SELECT name FROM xlsx_private.metric_value
      FULL JOIN xlsx_private.metric_meaning m USING (name) EXCEPT SELECT name FROM xlsx.metrics) AS missing`), '');
  });

  test('metrics tell of the database: tasks by state, the queue, rows, files, and the lag of events', async () => {
    const value = async (name) => {
      const { text } = await request(`${server.url}/metrics`);
      const [, number] = text.match(new RegExp(`^${name.replace(/[{}]/g, '\\$&')} (\\S+)$`, 'm')) ?? [];
      return Number(number);
    };
    const [completed, delayed] = [await value('pg_xlsx_tasks{status="COMPLETED"}'), await value('pg_xlsx_queue_delayed')];
    await db.idleTask();
    const { json } = await upload(server.url, workbook(people(2000)));
    await db.query(`SELECT xlsx.wait(${json.taskId})`);
    assert.equal(await value('pg_xlsx_tasks{status="COMPLETED"}'), completed + 1);
    assert.equal(await value('pg_xlsx_tasks{status="PROCESSING"}'), 0);
    assert.equal(await value('pg_xlsx_queue_length'), 0);
    assert.equal(await value('pg_xlsx_queue_delayed'), delayed + 1);
    assert.ok(await value('pg_xlsx_rows_per_second') > 0);
    assert.ok(await value('pg_xlsx_rows_saved_total') >= 2000);
    for (const name of ['uploads_total', 'upload_bytes_total', 'events_total']) assert.ok(await value(`pg_xlsx_notifier_${name}`) > 0, name);
    for (const name of ['connections', 'sessions', 'sockets', 'rooms', 'uploads']) assert.ok(await value(`pg_xlsx_notifier_${name}`) >= 0, name);
    for (;;) { // the first measurement may be under way
      const lag = await value('pg_xlsx_notifier_notify_lag_seconds');
      if (lag > 0 && lag < 5) break;
    }
  });

  test('without a database there are the metrics of the sidecar itself', async () => {
    const alone = await Notifier.start({ 'database-url': 'postgresql://127.0.0.1:1/x' });
    const { status, text } = await request(`${alone.url}/metrics`);
    assert.equal(status, 200);
    assert.match(text, /^pg_xlsx_notifier_listening 0$/m);
    assert.doesNotMatch(text, /pg_xlsx_tasks/);
    await alone.stop();
  });

  test('the front page names the endpoints', async () => {
    const { status, headers, text } = await request(`${server.url}/`);
    assert.equal(status, 200);
    assert.match(headers['content-type'], /^text\/plain/);
    assert.match(text, new RegExp(`POST\\s+${BASE}/upload`));
  });
});

describe('files of web-root', () => {
  let folder;
  let site;
  const page = '<!doctype html><title>page</title>';
  const large = Buffer.alloc(700000, 'abcdefg');

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'pg_xlsx_web.'));
    mkdirSync(join(folder, 'root/sub'), { recursive: true });
    writeFileSync(join(folder, 'secret'), 'secret');
    writeFileSync(join(folder, 'root/index.html'), page);
    writeFileSync(join(folder, 'root/.hidden'), 'secret');
    writeFileSync(join(folder, 'root/sub/app.js'), large);
    symlinkSync('../secret', join(folder, 'root/link'));
    site = await Notifier.start({ 'database-url': db.url, 'web-root': join(folder, 'root') });
  });
  after(async () => {
    await site.stop();
    rmSync(folder, { recursive: true });
  });

  test('are served with their type', async () => {
    const index = await request(`${site.url}/`);
    assert.deepEqual([index.status, index.text, index.headers['content-type']], [200, page, 'text/html; charset=utf-8']);
    const script = await request(`${site.url}/sub/app.js`);
    assert.equal(script.headers['content-type'], 'text/javascript; charset=utf-8');
    assert.ok(script.body.equals(large));
  });

  test('say what a page may do, and that it talks to nobody else', async () => {
    const { headers } = await request(`${site.url}/`);
    const policy = headers['content-security-policy'].split('; ');
    assert.ok(policy.includes("default-src 'none'") && policy.includes("connect-src 'self'") && policy.includes("script-src 'self'"));
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.equal(headers['cache-control'], 'no-cache');
  });

  test('are kept when their name has their hash', async () => {
    mkdirSync(join(folder, 'root/assets'));
    writeFileSync(join(folder, 'root/assets/index-1a2b.js'), '');
    assert.match((await request(`${site.url}/assets/index-1a2b.js`)).headers['cache-control'], /immutable/);
  });

  test('are not sent again to who has them', async () => {
    const { headers } = await request(`${site.url}/`);
    const again = await request(`${site.url}/`, { headers: { 'if-none-match': headers.etag } });
    assert.deepEqual([again.status, again.text], [304, '']);
  });

  test('nothing else is', async () => {
    for (const path of ['/../secret', '/%2e%2e/secret', '/sub/../../secret', '/link', '/.hidden', '/sub', '/none', '/sub/', '//etc/passwd', '/sub/..%2f..%2fsecret']) {
      const answer = await raw(site.port, `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
      assert.doesNotMatch(answer, /secret"?$|root:/, path);
      assert.match(answer, /^HTTP\/1.1 404|^$/, path);
    }
  });

  test('the interface is where it was', async () => {
    assert.equal((await api(site.url, '/tasks')).status, 200);
    assert.equal((await request(`${site.url}/socket.io/?EIO=4&transport=polling`)).status, 200);
  });
});
