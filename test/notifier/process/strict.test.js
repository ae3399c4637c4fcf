// Input that is not understood is refused with a sentence: names of fields and parameters, lengths, truncated files.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { api, BASE, form, post, XLSX } from './support/api.js';
import { Database } from './support/cluster.js';
import { raw, request } from './support/engine.js';
import { Notifier } from './support/notifier.js';
import { people, workbook, workbookEntries, zip } from './support/workbook.js';

let db;
let server;
const good = workbook(people(3));

before(async () => {
  db = await Database.create();
  server = await Notifier.start({ 'database-url': db.url });
});
after(async () => {
  await server.stop();
  await db.drop();
});

const counted = () => db.query('SELECT (SELECT count(*) FROM xlsx_private.task) || \' \' || (SELECT count(*) FROM xlsx_private.file)');
const KNOWN = 'Known are profile, mode, sheet, dryRun, runAt, priority, idempotencyKey, maxErrors, headerRow, locale, mapping, range, headerCheck, headerRows, fillMerged, skipHidden, stopAt, sheets, maxAbsent, allowEmpty, keepRows, keepChanges, returning, params, hold, onDuplicate, dateOrder, decimal, timeZone, duplicateKeys, after, blankCells, clearToken and set.';

async function refused(answer, message, hint, status = 400) {
  const { status: got, text } = await answer;
  const json = JSON.parse(text);
  assert.equal(got, status, text);
  assert.deepEqual([json.message, json.hint, json.statusCode], [message, hint, status]);
}

describe('fields of an upload', () => {
  const wrong = [
    ['dryrun', 'dryRun'], ['DryRun', 'dryRun'], ['dry_Run', 'dryRun'], ['dryRum', 'dryRun'], ['max-errors', 'maxErrors'], ['idempotency_keys', 'idempotencyKey'], ['sheeet', 'sheet'],
    ['colour'], ['fileName'], [''],
  ];
  const encode = (fields) => Object.entries(fields).map(([key, value]) => `${key} ${Buffer.from(value).toString('base64')}`).join(',');
  const ways = {
    'of a form, before the file': (name) => post(server.url, form([[name, 'true'], ['file', good, 'a.xlsx']])),
    'of a form, behind the file': (name) => post(server.url, form([['file', good, 'a.xlsx'], [name, 'true']])),
    'of a preview': (name) => post(server.url, form([[name, 'true'], ['file', good, 'a.xlsx']]), `${BASE}/preview`),
    'of a body, in the query': (name) => request(`${server.url}${BASE}/upload?${name}=true`, { method: 'PUT', headers: { 'content-type': XLSX, 'content-length': good.length }, body: good }),
    'of tus, in Upload-Metadata': (name) => request(`${server.url}/files/`, {
      method: 'POST', headers: { 'tus-resumable': '1.0.0', 'content-length': 0, 'upload-length': 10, 'upload-metadata': encode({ [name]: 'true' }) },
    }),
  };
  for (const [way, call] of Object.entries(ways)) {
    test(`${way}: unknown and misspelt ones are refused, and nothing is kept`, async () => {
      const before = await counted();
      for (const [name, meant] of wrong) {
        if (way.includes('query') && ['fileName', ''].includes(name)) continue;
        if (way.includes('tus') && ['fileName', ''].includes(name)) continue;
        await refused(call(name), `unknown field "${name}"${meant ? `; did you mean "${meant}"?` : ''}`, meant ? undefined : KNOWN);
      }
      assert.equal(await counted(), before);
    });
    test(`${way}: the spelling of SQL is taken`, async () => {
      const { status, text } = await call('dry_run');
      assert.ok([200, 201].includes(status), text);
    });
  }

  test('in the spelling of SQL have the same effect', async () => {
    const { json } = await post(server.url, form([['dry_run', 'true'], ['max_errors', '7'], ['header_row', 'first'], ['file', good, 'a.xlsx']]));
    assert.deepEqual(await db.json(`SELECT dry_run, max_errors, header_row FROM xlsx.tasks WHERE id = ${json.taskId}`), [{ dry_run: true, max_errors: 7, header_row: 'first' }]);
    await refused(post(server.url, form([['dry_run', 'true'], ['dryRun', 'true'], ['file', good, 'a.xlsx']])), 'The field "dryRun" comes twice');
  });

  test('that SQL gets of another client are refused in the same way', async () => {
    for (const [name, message] of [['dryrun', 'unknown field "dryrun"; did you mean "dryRun"?'], ['colour', 'unknown field "colour"']]) {
      await assert.rejects(db.query(`SELECT xlsx_rest.upload_begin('people', 'a.xlsx', '{"${name}": "true"}')`), (error) => error.message.includes(message));
    }
  });

  test('that come twice are refused', async () => {
    const before = await counted();
    const twice = 'The field "mode" comes twice';
    await refused(post(server.url, form([['mode', 'insert'], ['file', good, 'a.xlsx'], ['mode', 'skip']])), twice);
    await refused(request(`${server.url}${BASE}/upload?mode=insert&mode=insert`, { method: 'PUT', headers: { 'content-type': XLSX, 'content-length': good.length }, body: good }), twice);
    await refused(request(`${server.url}${BASE}/upload?fileName=a&fileName=b`, { method: 'PUT', headers: { 'content-type': XLSX, 'content-length': good.length }, body: good }),
      'The parameter "fileName" comes twice');
    const { headers, body } = form([['idempotencyKey', 'a'], ['file', good, 'a.xlsx']]);
    await refused(post(server.url, { headers: { ...headers, 'idempotency-key': 'b' }, body }), 'The field "idempotencyKey" comes twice');
    await refused(request(`${server.url}/files/`, {
      method: 'POST', headers: { 'tus-resumable': '1.0.0', 'content-length': 0, 'upload-length': 10, 'upload-metadata': `${encode({ mode: 'skip' })},${encode({ mode: 'insert' })}` },
    }), twice);
    assert.equal(await counted(), before);
  });

  test('belong into the form, where there is one', async () => {
    await refused(post(server.url, form([['file', good, 'a.xlsx']]), `${BASE}/upload?dryRun=true`), 'The parameter "dryRun" belongs into the form, as a field');
  });

  test('what clients of tus tell about a file besides is no field', async () => {
    const { status } = await request(`${server.url}/files/`, {
      method: 'POST', headers: { 'tus-resumable': '1.0.0', 'content-length': 0, 'upload-length': 10, 'upload-metadata': encode({ filename: 'a', name: 'a', filetype: XLSX, type: XLSX, relativePath: 'null' }) },
    });
    assert.equal(status, 201);
  });
});

describe('parameters', () => {
  const EVERYWHERE = 'Known are access_token, lastEventId and _.';
  const routes = [
    ['GET', '/tasks', 'Known are page, limit, status, params, access_token, lastEventId and _.'], ['GET', '/tasks/1', EVERYWHERE], ['DELETE', '/tasks/1', EVERYWHERE],
    ['DELETE', '/delete-task-by-id/1', EVERYWHERE], ['POST', '/tasks/1/retry', EVERYWHERE], ['POST', '/tasks/1/cancel', EVERYWHERE],
    ['POST', '/tasks/1/undo', EVERYWHERE], ['GET', '/tasks/1/errors', 'Known are page, limit, after, access_token, lastEventId and _.'], ['GET', '/tasks/1/errors/summary', EVERYWHERE],
    ['GET', '/tasks/1/report', EVERYWHERE], ['GET', '/tasks/1/events', 'Known are lastEventId, access_token and _.'],
    ['GET', '/tasks/events', 'Known are ids, lastEventId, access_token and _.'],
    ['GET', '/get-validation-errors-by-task-id/1', EVERYWHERE], ['GET', '/profiles', EVERYWHERE], ['GET', '/profiles/people/template', EVERYWHERE],
  ];
  for (const [method, path, hint] of routes) {
    test(`of ${method} ${path}: unknown ones are refused`, async () => {
      for (const query of ['?dry_run=true', '?dry_run', '?_=1&dry_run=true']) await refused(request(`${server.url}${BASE}${path}${query}`, { method, headers: { 'content-length': 0 } }), 'unknown parameter "dry_run"', hint);
    });
  }

  test('that are misspelt are told how they are written; one that comes twice is refused', async () => {
    await refused(request(`${server.url}${BASE}/tasks?Page=1`), 'unknown parameter "Page"; did you mean "page"?', undefined);
    await refused(request(`${server.url}${BASE}/tasks/1/events?last_event_id=1`), 'unknown parameter "last_event_id"; did you mean "lastEventId"?', undefined);
    await refused(request(`${server.url}${BASE}/tasks?page=1&limit=5&page=1`), 'The parameter "page" comes twice', undefined);
    assert.equal((await request(`${server.url}${BASE}/tasks?page=1&limit=5&status=completed`)).status, 200);
  });

  test('that every route knows have no effect where they mean nothing; pages and Socket.IO take any', async () => {
    assert.equal((await request(`${server.url}${BASE}/tasks?_=17&lastEventId=3`)).status, 200);
    assert.equal((await request(`${server.url}${BASE}/profiles?_=17`)).status, 200);
    assert.equal((await post(server.url, form([['dryRun', 'true'], ['file', good, 'a.xlsx']]), `${BASE}/upload?_=17`)).status, 201);
    for (const path of ['/?utm_source=mail', '/docs?x=1', '/docs/?x=1']) assert.ok((await request(`${server.url}${path}`)).status < 400, path);
  });
});

describe('a body where none belongs', () => {
  const send = (method, path, body) => request(`${server.url}${BASE}${path}`, { method, headers: { 'content-length': body.length, 'content-type': 'application/json' }, body });
  const none = 'This request takes no body';
  const hint = 'What it needs is in the path and the query.';

  test('is refused, whatever it says', async () => {
    const task = await db.idleTask();
    for (const body of ['{"dryRun":true}', '{"a":{}}', '[]', '"x"', 'dryRun=true', '{', 'x'.repeat(100000)]) {
      for (const [method, path] of [['POST', `/tasks/${task}/cancel`], ['POST', `/tasks/${task}/undo`], ['DELETE', `/tasks/${task}`], ['GET', '/tasks']]) {
        await refused(send(method, path, body), none, hint);
      }
    }
    assert.equal(await db.query(`SELECT status FROM xlsx.tasks WHERE id = ${task}`), 'PENDING');
  });

  test('is passed over where it is empty', async () => {
    const task = await db.idleTask();
    for (const body of ['{}', ' { } ', 'null']) assert.equal((await send('GET', `/tasks/${task}`, body)).status, 200);
    assert.equal((await send('POST', `/tasks/${task}/cancel`, '{}')).status, 200);
  });
});

describe('lengths', () => {
  const head = (lines, body = '') => raw(server.port, `POST ${BASE}/tasks/999999/cancel HTTP/1.1\r\nHost: localhost\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n${body}`, { until: /\}$/ });
  for (const [name, lines] of Object.entries({
    'that is no number': ['Content-Length: x'], 'with letters behind': ['Content-Length: 5x'], 'that is negative': ['Content-Length: -5'], 'with a sign': ['Content-Length: +5'],
    'that is empty of digits': ['Content-Length: 0x5'], 'with a fraction': ['Content-Length: 5.0'], 'beyond all': ['Content-Length: 99999999999999999999'],
    'that differs from another': ['Content-Length: 5', 'Content-Length: 6'], 'that is two': ['Content-Length: 5, 6'],
  })) {
    test(`a Content-Length ${name}: 400, and the connection closes`, async () => {
      const answer = await head(lines, 'hello');
      assert.match(answer, /^HTTP\/1\.1 400 Bad Request\r\n/);
      assert.match(answer, /\r\nConnection: close\r\n/);
      assert.match(answer, /"message":"Content-Length must be one number of bytes"/);
    });
  }

  test('Transfer-Encoding beside Content-Length: 400; alone: 411', async () => {
    for (const lines of [['Content-Length: 5', 'Transfer-Encoding: chunked'], ['Transfer-Encoding: chunked', 'Content-Length: 5']]) {
      const answer = await head(lines, '0\r\n\r\n');
      assert.match(answer, /^HTTP\/1\.1 400 /);
      assert.match(answer, /"message":"Content-Length and Transfer-Encoding exclude each other"/);
    }
    for (const coding of ['chunked', 'gzip, chunked', 'identity', 'x']) assert.match(await head([`Transfer-Encoding: ${coding}`], '5x\r\nhello\r\n0\r\n\r\n'), /^HTTP\/1\.1 411 /);
  });

  test('the same one twice is one', async () => {
    assert.match(await head(['Content-Length: 0', 'Content-Length: 0', 'Connection: close']), /^HTTP\/1\.1 404 /);
  });

  test('what is smuggled behind a refused head is no request', async () => {
    const answer = await raw(server.port, `POST ${BASE}/tasks/1/cancel HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`
      + `GET ${BASE}/profiles HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`, { until: /\}$/ });
    assert.equal(answer.match(/HTTP\/1\.1/g).length, 1);
  });

  test('of tus are digits: 400', async () => {
    const version = { 'tus-resumable': '1.0.0', 'content-length': 0 };
    for (const value of ['', 'x', '-1', '+1', '1.0', '0x10', '1e3', '99999999999999999999', '1, 1']) {
      assert.equal((await request(`${server.url}/files/`, { method: 'POST', headers: { ...version, 'upload-length': value } })).status, 400, `Upload-Length: ${value}`);
      const { headers: { location } } = await request(`${server.url}/files/`, { method: 'POST', headers: { ...version, 'upload-length': 100 } });
      const patch = await request(`${server.url}/files/${location}`, { method: 'PATCH', headers: { ...version, 'upload-offset': value, 'content-type': 'application/offset+octet-stream' } });
      assert.equal(patch.status, 400, `Upload-Offset: ${value}`);
    }
  });

  test('a Range is passed over, whatever it is', async () => {
    for (const range of ['bytes=0-1', 'bytes=5-1', 'bytes=-', 'x', 'bytes=0-0,1-1']) assert.equal((await request(`${server.url}/openapi.json`, { headers: { range } })).status, 200);
  });
});

describe('files that are at fault are no server\'s error', () => {
  const entries = workbookEntries(people(20));
  const files = {
    'cut in the middle': good.subarray(0, good.length / 2),
    'cut before its directory': good.subarray(0, good.length - 30),
    'without a sheet': zip({ ...entries, 'xl/worksheets/sheet1.xml': '' }),
    'with a sheet that is cut': zip({ ...entries, 'xl/worksheets/sheet1.xml': entries['xl/worksheets/sheet1.xml'].slice(0, 700) }),
    'with a workbook that is cut': zip({ ...entries, 'xl/workbook.xml': entries['xl/workbook.xml'].slice(0, 200) }),
    'with a byte wrong': Buffer.concat([good.subarray(0, 600), Buffer.from([good[600] ^ 255]), good.subarray(601)]),
  };
  for (const [name, file] of Object.entries(files)) {
    test(`POST /preview of one ${name}: 400, with what is wrong and where`, async () => {
      const { status, json } = await post(server.url, form([['file', file, 'a.xlsx']]), `${BASE}/preview`);
      assert.equal(status, 400, JSON.stringify(json));
      assert.match(json.code, /^[0-9A-Z]{5}$/);
      assert.ok(json.message.length > 5 && json.message !== 'Internal server error', json.message);
      assert.ok((json.detail ?? '').length > 0, JSON.stringify(json));
      assert.ok((json.hint ?? '').length > 0, JSON.stringify(json));
    });
  }

  const settings = { sheet: 'Nowhere', headerRow: 'x', mapping: '{', mode: 'x', profile: 'nobody', maxErrors: '-1', priority: '1e9', runAt: 'soon', dryRun: 'perhaps' };
  for (const [field, value] of Object.entries(settings)) {
    test(`${field}=${value}: 400, by upload, preview and tus`, async () => {
      for (const path of [`${BASE}/upload`, `${BASE}/preview`]) {
        if (path.endsWith('preview') && ['mode', 'maxErrors', 'priority', 'runAt', 'dryRun'].includes(field)) continue;
        const { status, json } = await post(server.url, form([[field, value], ['file', good, 'a.xlsx']]), path);
        if (path.endsWith('upload') && field === 'sheet') continue; // the task will say so
        assert.equal(status, 400, `${path} ${JSON.stringify(json)}`);
        assert.doesNotMatch(json.message, /constraint|relation/, path);
      }
    });
  }
});

test('what a table\'s own SQL refuses is a conflict that says why', async () => {
  const { json } = await post(server.url, form([['file', good, 'a.xlsx']]));
  await db.query(`SELECT xlsx.wait(${json.taskId})`);
  await db.query(`CREATE FUNCTION stay() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'rows stay here' USING HINT = 'Ask Ann.'; END $$;
    CREATE TRIGGER stay BEFORE DELETE ON people FOR EACH ROW EXECUTE FUNCTION stay()`);
  for (const [method, path] of [['POST', `/tasks/${json.taskId}/undo`], ['DELETE', `/tasks/${json.taskId}`]]) {
    const { status, text } = await api(server.url, path, { method });
    assert.ok(status === 409 || status === 200, text);
    assert.match(text, /rows stay here/);
  }
  await db.query('DROP TRIGGER stay ON people');
});
