// Mode sync by REST: its limit, its counts, its notes, and who may.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { BASE, form } from './support/api.js';
import { request } from './support/engine.js';
import { ANN, Tenants } from './support/tenants.js';
import { bearer } from './support/token.js';
import { people, workbook } from './support/workbook.js';

let tenants;
let db;
let url;

async function call(method, path, { headers = {}, body } = {}) {
  const length = method === 'GET' ? {} : { 'content-length': body?.length ?? 0 };
  const response = await request(`${url}${BASE}${path}`, { method, headers: { ...length, ...bearer(ANN), ...headers }, body });
  return { status: response.status, json: JSON.parse(response.text) };
}

function upload(count, fields = []) {
  const { headers, body } = form([['profile', 'listed'], ...fields, ['file', workbook(people(count)), 'a.xlsx']]);
  return call('POST', '/upload', { headers, body });
}

async function ended(count, fields) {
  const { status, json } = await upload(count, fields);
  assert.equal(status, 201, JSON.stringify(json));
  await db.query(`SELECT xlsx.wait(${json.taskId}, '60 s')`);
  return (await call('GET', `/tasks/${json.taskId}`)).json;
}

const rows = () => db.query('SELECT count(*) FROM listed');

before(async () => {
  tenants = await Tenants.create();
  ({ db } = tenants);
  ({ url } = tenants.server);
  await db.query(`CREATE TABLE listed (name text, gender text, bio_id text PRIMARY KEY);
    GRANT SELECT, INSERT, UPDATE ON listed TO ${ANN};
    SELECT xlsx.create_profile('listed', 'listed', headers => '{"bio_id": "Bio-ID"}', keep_old => true)`);
});
after(() => tenants.remove());

describe('mode sync', () => {
  test('needs a limit', async () => {
    const { status, json } = await upload(2, [['mode', 'sync']]);
    assert.equal(status, 400);
    assert.equal(json.message, 'mode sync needs a scope or max_absent');
  });
  test('refuses a limit that is none', async () => {
    const { status, json } = await upload(2, [['mode', 'sync'], ['maxAbsent', 'few']]);
    assert.equal(status, 400);
    assert.equal(json.message, 'max_absent cannot be "few"');
  });
  test('needs the right to delete', async () => {
    const task = await ended(2, [['mode', 'sync'], ['maxAbsent', '0']]);
    assert.deepEqual([task.status, task.errorCode, task.errorMessage, task.errorHint],
      ['FAILED', '42501', 'permission denied for table listed', `The import runs as "${ANN}", which needs DELETE.`]);
    await db.query(`GRANT DELETE ON listed TO ${ANN}`);
  });
  test('counts the rows that went', async () => {
    let task = await ended(9, [['mode', 'sync'], ['maxAbsent', '0']]);
    assert.deepEqual([task.status, task.mode, task.insertedRows, task.absentRows, task.savedRows], ['COMPLETED', 'sync', 9, 0, 9]);
    task = await ended(4, [['mode', 'sync'], ['maxAbsent', '50%']]);
    assert.deepEqual([task.status, task.errorMessage, task.absentRows, await rows()],
      ['FAILED', 'the file lacks 5 rows, and max_absent is 50% of the 9 in scope, so nothing was saved', 0, '9']);
    task = await ended(4, [['mode', 'sync'], ['maxAbsent', '50%'], ['dryRun', 'true']]);
    const report = (await call('GET', `/tasks/${task.id}/report`)).json;
    assert.deepEqual([task.status, task.absentRows, report.counts.absent, report.notes.map(({ code }) => code), await rows()], ['COMPLETED', 5, 5, ['max_absent'], '9']);
    task = await ended(4, [['mode', 'sync'], ['maxAbsent', '5']]);
    assert.deepEqual([task.status, task.unchangedRows, task.absentRows, task.savedRows, task.undoable, await rows()], ['COMPLETED', 4, 5, 4, true, '4']);
    const undone = await call('POST', `/tasks/${task.id}/undo`);
    assert.deepEqual([undone.status, undone.json.undone, await rows()], [200, 5, '9']);
  });
  test('an empty sheet empties nothing, unless that is wanted', async () => {
    let task = await ended(0, [['mode', 'sync'], ['maxAbsent', '100%']]);
    assert.deepEqual([task.status, task.absentRows, await rows()], ['COMPLETED', 0, '9']);
    task = await ended(0, [['mode', 'replace']]);
    assert.deepEqual([task.status, await rows()], ['COMPLETED', '9']);
    task = await ended(0, [['mode', 'sync'], ['maxAbsent', '100%'], ['allowEmpty', 'true']]);
    assert.deepEqual([task.status, task.absentRows, await rows()], ['COMPLETED', 9, '0']);
  });
});
