// The sidecar's login in the database: a role of its own, and no superuser unless a setting allows it.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { join } from 'node:path';
import { api, upload } from './support/api.js';
import { Database } from './support/cluster.js';
import { request } from './support/engine.js';
import { Notifier } from './support/notifier.js';
import { root } from './support/server.js';
import { people, workbook } from './support/workbook.js';

const OWN = `sidecar_${process.pid}`;
const MIGHTY = `mighty_${process.pid}`;

let db;
const as = (role) => db.url.replace(/\/\/[^@]*@/, `//${role}@`);

before(async () => {
  db = await Database.create();
  await db.query(`CREATE ROLE ${OWN} LOGIN; GRANT xlsx_notifier, xlsx_user, xlsx_admin TO ${OWN}; GRANT SELECT, INSERT, UPDATE, DELETE ON people TO ${OWN};
    CREATE ROLE ${MIGHTY} LOGIN SUPERUSER`);
});
after(async () => {
  await db.query(`DROP OWNED BY ${OWN}, ${MIGHTY}`);
  await db.drop();
  await new Database(db.env, 'postgres').query(`DROP ROLE ${OWN}; DROP ROLE ${MIGHTY}`);
});

// Runs it until it ends by itself.
function ends(...args) {
  const child = spawn(join(root, 'build/pg_xlsx_notifier'), ['--port=0', '--web-root=', ...args], { stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: process.env.PATH } });
  let out = '';
  let log = '';
  child.stdout.on('data', (data) => { out += data; });
  child.stderr.on('data', (data) => { log += data; });
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, out, log })));
}

describe('a superuser', () => {
  for (const [name, url] of [['by name', () => as(MIGHTY)], ['that hides behind another role', () => `${as(MIGHTY)}?options=-c%20role%3D${OWN}`]]) {
    test(`${name} is refused at the start, before anything is served`, async () => {
      const { code, out, log } = await ends(`--database-url=${url()}`);
      assert.equal(code, 1);
      assert.equal(out, '');
      assert.match(log, new RegExp(`role "${MIGHTY}" is a superuser: give the sidecar a role of its own, or set allow-superuser where it is meant to be one`));
    });
  }

  test('is accepted where allow-superuser says so; jwt-allow-superuser does not', async () => {
    const server = await Notifier.start({ 'database-url': as(MIGHTY), 'allow-superuser': 'on' });
    assert.equal((await api(server.url, '/tasks')).status, 200);
    await server.stop();
    assert.equal((await ends(`--database-url=${as(MIGHTY)}`, '--jwt-allow-superuser=on')).code, 1);
    assert.equal((await ends(`--database-url=${as(MIGHTY)}`, '--allow-superuser', 'off')).code, 1);
    assert.equal((await ends(`--database-url=${as(MIGHTY)}`, '--allow-superuser=perhaps')).code, 2);
    const alone = await Notifier.start({ 'database-url': as(MIGHTY), 'allow-superuser': 'off' }, { more: ['--allow-superuser'] });
    assert.equal((await api(alone.url, '/tasks')).status, 200);
    await alone.stop();
  });

  test('is refused when the role has become one by the time it connects again', async () => {
    const server = await Notifier.start({ 'database-url': as(OWN), 'allow-superuser': 'off' });
    while ((await request(`${server.url}/readyz`)).status !== 200);
    await db.query(`ALTER ROLE ${OWN} SUPERUSER; SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '${OWN}'`);
    while (!/is a superuser/.test(server.log)) await api(server.url, '/tasks');
    assert.equal((await api(server.url, '/tasks')).status, 503);
    assert.match(server.log, /no database connection: role .* is a superuser/);
    assert.equal((await request(`${server.url}/readyz`)).status, 503);
    await db.query(`ALTER ROLE ${OWN} NOSUPERUSER`);
    while ((await api(server.url, '/tasks')).status !== 200);
    while ((await request(`${server.url}/readyz`)).status !== 200);
    await server.stop();
  });
});

test('a role with xlsx_notifier, xlsx_user and xlsx_admin, and rights to the table, is all that it needs', async () => {
  const server = await Notifier.start({ 'database-url': as(OWN), 'allow-superuser': 'off' });
  while ((await request(`${server.url}/readyz`)).status !== 200);
  const { status, json } = await upload(server.url, workbook(people(5, (i) => (i === 2 ? 1 : undefined))));
  assert.equal(status, 201);
  assert.equal(await db.query(`SELECT xlsx.wait(${json.taskId})`), 'HAS_ERRORS');
  for (const path of [`/tasks/${json.taskId}`, `/tasks/${json.taskId}/errors`, `/get-validation-errors-by-task-id/${json.taskId}`, '/profiles', '/profiles/people/template']) {
    assert.equal((await request(`${server.url}/upload-xlsx${path}`)).status, 200, path);
  }
  assert.match((await request(`${server.url}/metrics`)).text, /^pg_xlsx_tasks/m);
  assert.equal((await api(server.url, `/tasks/${json.taskId}/undo`, { method: 'POST' })).status, 200);
  assert.equal((await api(server.url, `/tasks/${json.taskId}`, { method: 'DELETE' })).status, 200);
  await server.stop();
});

test('a database that is away is no reason not to start', async () => {
  const server = await Notifier.start({ 'database-url': 'postgresql://127.0.0.1:1/none', 'allow-superuser': 'off' });
  assert.equal((await request(`${server.url}/readyz`)).status, 503);
  await server.stop();
});
