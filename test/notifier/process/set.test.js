// Several tables from one workbook by REST: the field "set".

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { io } from 'socket.io-client';
import { api, upload } from './support/api.js';
import { Database } from './support/cluster.js';
import { Member } from './support/member.js';
import { Notifier } from './support/notifier.js';
import { root } from './support/server.js';

let db;
let server;
before(async () => {
  db = await Database.create();
  await db.query(`
    CREATE TABLE departments (code text PRIMARY KEY, title text NOT NULL);
    CREATE TABLE employees (name text NOT NULL, department text NOT NULL REFERENCES departments);
    SELECT xlsx.create_profile('departments', 'departments'), xlsx.create_profile('employees', 'employees')`);
  server = await Notifier.start({ 'database-url': db.url });
});
after(async () => {
  await server.stop();
  await db.drop();
});

const book = (sheets) => Buffer.from(spawnSync('python3', [join(root, 'test/tools/book.py'), JSON.stringify(sheets)]).stdout.toString(), 'base64');
const firm = book({ Departments: [['Code', 'Title'], ['D1', 'Sales']], Employees: [['Name', 'Department'], ['Ann', 'D1'], ['Bob', 'D1']] });
const members = [{ profile: 'departments', sheet: 'Departments' }, { profile: 'employees', sheet: 'Employees', maxErrors: 5 }];

test('a set is one task of the answer, with its tasks in order, and its room hears its end once', async () => {
  await db.query("SELECT xlsx.pause()");
  const { status, json } = await upload(server.url, firm, 'firm.xlsx', { set: JSON.stringify(members) });
  assert.equal(status, 201);
  const member = await Member.connect(io, server.url);
  await member.join(json.taskId);
  await db.query("SELECT xlsx.resume()");
  const ended = await member.until('task-completed');
  assert.deepEqual([ended.status, ended.setSize, ended.savedRows, ended.atomic], ['COMPLETED', 2, 3, false]);
  const { json: set } = await api(server.url, `/tasks/${json.taskId}`);
  assert.deepEqual([set.profile, set.status, set.progress, set.totalRows, set.tasks.length, set.setId], ['departments, employees', 'COMPLETED', 100, 3, 2, null]);
  const [first, second] = await Promise.all(set.tasks.map(async (id) => (await api(server.url, `/tasks/${id}`)).json));
  assert.deepEqual([first.profile, first.setId, first.after, first.savedRows], ['departments', set.id, null, 1]);
  assert.deepEqual([second.profile, second.setId, second.after, second.savedRows], ['employees', set.id, first.id, 2]);
  member.close();
});

test('a set that is none is refused, and leaves nothing', async () => {
  const before = await db.query('SELECT count(*) FROM xlsx_private.task');
  for (const [set, message] of [
    ['[]', 'set must be a JSON array of 1 to 100 objects'],
    ['[{"sheet":"a"}]', 'member 1 of the set has no profile'],
    ['[{"profile":"departments","runAt":"2030-01-01"}]', 'member 1 of the set cannot have "runAt"'],
    ['[{"profile":"nobody"}]', 'profile "nobody" does not exist'],
  ]) {
    const { status, json } = await upload(server.url, firm, 'firm.xlsx', { set });
    assert.deepEqual([status >= 400 && status < 500, json.message], [true, message]);
  }
  assert.equal(await db.query('SELECT count(*) FROM xlsx_private.task'), before);
});

test('after: a task starts when another has ended well', async () => {
  await db.query("SELECT xlsx.pause()");
  const { json: first } = await upload(server.url, firm, 'firm.xlsx', { profile: 'departments', sheet: 'Departments', mode: 'skip' });
  const { json: second } = await upload(server.url, firm, 'firm.xlsx', { profile: 'employees', sheet: 'Employees', after: String(first.taskId) });
  const { json: waiting } = await api(server.url, `/tasks/${second.taskId}`);
  assert.deepEqual([waiting.after, waiting.waitingFor], [first.taskId, `the end of task ${first.taskId} (departments), which is PENDING`]);
  await db.query(`SELECT xlsx.cancel(${first.taskId})`);
  const { json: cancelled } = await api(server.url, `/tasks/${second.taskId}`);
  assert.deepEqual([cancelled.status, cancelled.errorMessage], ['CANCELLED', `task ${first.taskId}, which comes first, was cancelled`]);
  await db.query("SELECT xlsx.resume()");
  const { status, json } = await upload(server.url, firm, 'firm.xlsx', { profile: 'employees', after: String(first.taskId) });
  assert.deepEqual([status, json.message], [409, `cannot start a task after task ${first.taskId} because it is CANCELLED`]);
});
