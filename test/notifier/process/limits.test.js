// Limits of a role: 429, with the name of the limit and when to come back.

import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { BASE } from './support/api.js';
import { request } from './support/engine.js';
import { ANN, BOB, Tenants } from './support/tenants.js';
import { bearer } from './support/token.js';
import { people, workbook } from './support/workbook.js';

let tenants;

before(async () => { tenants = await Tenants.create(); });
after(() => tenants.remove());
beforeEach(() => tenants.db.query(`SELECT count(xlsx.delete(id)) FROM xlsx.tasks; SELECT xlsx.limit_role('${ANN}')`));

const FILE = workbook(people(3));

async function upload(who, more = '') {
  const { status, headers, text } = await request(`${tenants.server.url}${BASE}/upload?profile=people&fileName=people.xlsx${more}`, {
    method: 'POST', headers: { ...bearer(who), 'content-type': 'application/octet-stream' }, body: FILE,
  });
  return { status, headers, json: JSON.parse(text) };
}

const refusal = ({ status, headers, json }) => [status, json.error, json.code, json.message, Number(headers['retry-after']) > 0];
const reached = (limit) => [429, 'Too Many Requests', '53400', `limit "${limit}" of role "${ANN}" is reached`, true];
const LATER = `&runAt=${encodeURIComponent(new Date(Date.now() + 86400000).toISOString())}`;

test('waiting tasks', async () => {
  await tenants.db.query(`SELECT xlsx.limit_role('${ANN}', waiting_tasks => 1)`);
  assert.equal((await upload(ANN, LATER)).status, 201);
  assert.deepEqual(refusal(await upload(ANN, LATER)), reached('waiting_tasks'));
  assert.equal((await upload(BOB, LATER)).status, 201, 'others go on');
});

test('many at once: no more than the limit come in', async () => {
  await tenants.db.query(`SELECT xlsx.limit_role('${ANN}', waiting_tasks => 3)`);
  const statuses = (await Promise.all(Array.from({ length: 12 }, () => upload(ANN, LATER)))).map(({ status }) => status);
  assert.deepEqual(statuses.sort(), [...Array(3).fill(201), ...Array(9).fill(429)]);
  assert.equal(await tenants.db.query(`SELECT count(*) FROM xlsx.tasks WHERE owner = '${ANN}'::regrole`), '3');
});

test('tasks an hour', async () => {
  const made = Number(await tenants.db.query(`SELECT count(*) FROM xlsx.audit WHERE owner = '${ANN}' AND action = 'submit'`));
  await tenants.db.query(`SELECT xlsx.limit_role('${ANN}', tasks_per_hour => ${made + 1})`);
  const { status, json } = await upload(ANN);
  assert.equal(status, 201);
  await tenants.db.query(`SELECT xlsx.wait(${json.taskId}), xlsx.delete(${json.taskId})`);
  assert.deepEqual(refusal(await upload(ANN)), reached('tasks_per_hour'));
});

test('bytes stored, and nothing of what is refused stays', async () => {
  await tenants.db.query(`SELECT xlsx.limit_role('${ANN}', stored_bytes => ${FILE.length})`);
  assert.equal((await upload(ANN, LATER)).status, 201);
  assert.deepEqual(refusal(await upload(ANN, LATER)), reached('stored_bytes'));
  while (await tenants.db.query(`SELECT count(*) FROM xlsx_private.file WHERE owner::oid = '${ANN}'::regrole`) !== '1');
});

test('rows of a task end it', async () => {
  await tenants.db.query(`SELECT xlsx.limit_role('${ANN}', rows_per_task => 2)`);
  const { json } = await upload(ANN);
  assert.equal(await tenants.db.query(`SELECT xlsx.wait(${json.taskId})`), 'FAILED');
  assert.equal(await tenants.db.query(`SELECT error_code || ' ' || error_message FROM xlsx.tasks WHERE id = ${json.taskId}`), `53400 limit "rows_per_task" of role "${ANN}" is reached`);
});
