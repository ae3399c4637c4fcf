// A database that answers but cannot serve: without the extension, with another version of it, on a standby.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { io } from 'socket.io-client';
import { api, upload } from './support/api.js';
import { Database } from './support/cluster.js';
import { request } from './support/engine.js';
import { Member } from './support/member.js';
import { Notifier } from './support/notifier.js';
import { Cluster, root } from './support/server.js';
import { people, workbook } from './support/workbook.js';

const version = readFileSync(join(root, 'extension/pg_xlsx.control'), 'utf8').match(/^default_version = '(.*)'/m)[1];
const [major, minor] = version.split('.').map(Number);

const INSTALL = `CREATE EXTENSION pg_xlsx;
  SELECT xlsx.create_profile('people', 'people', task_column => 'task_id', headers => '{"bio_id": "Bio-ID"}')`;

async function readiness(url) {
  const { status, text } = await request(`${url}/readyz`);
  return { ...JSON.parse(text), status, readiness: JSON.parse(text).status };
}

// Asks until the condition holds; resolves to the last answer and the milliseconds until then.
async function until(url, holds) {
  const begin = performance.now();
  for (;;) {
    const ready = await readiness(url);
    if (holds(ready)) return { ...ready, took: performance.now() - begin };
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

// Every kind of request says the same.
async function refusesAll(url, message, hint) {
  const answers = [
    await api(url, '/tasks'), await api(url, '/tasks/1'), await api(url, '/tasks/1', { method: 'DELETE' }), await api(url, '/profiles/people/template'),
    await upload(url, workbook(people(3))),
  ];
  for (const { status, json } of answers) assert.deepEqual([status, json.code, json.message, json.hint], [503, '57P03', message, hint]);
}

describe('a database', { timeout: 120000 }, () => {
  let db;
  let server;

  before(async () => {
    db = await Database.create();
    server = await Notifier.start({ 'database-url': db.url });
    await until(server.url, ({ status }) => status === 200);
  });
  after(async () => {
    await server.stop();
    await db.drop();
  });

  test('whose extension is dropped is told of, and heard within two seconds of CREATE EXTENSION', async () => {
    const message = `extension "pg_xlsx" is not installed in database "${db.name}"`;
    const hint = 'Run CREATE EXTENSION pg_xlsx there, or let database-url name another database.';
    await db.query('DROP EXTENSION pg_xlsx');
    const ready = await until(server.url, ({ reason }) => reason !== null);
    assert.deepEqual([ready.status, ready.readiness, ready.database, ready.reason, ready.hint, ready.versions],
      [503, 'not ready', true, message, hint, { sidecar: version, sql: null, library: null }]);
    await until(server.url, ({ listening }) => !listening);
    await refusesAll(server.url, message, hint);
    await db.query(INSTALL);
    const { took } = await until(server.url, ({ status }) => status === 200);
    assert.ok(took < 2000, `${took} ms`);
    const member = await Member.connect(io, server.url);
    const task = await db.idleTask();
    await member.join(task);
    await db.emit(task, 'task-progress', { progress: 42 });
    assert.equal((await member.until('task-progress')).progress, 42);
    member.close();
    assert.equal((await upload(server.url, workbook(people(3)))).status, 201);
  });

  test('whose extension was dropped just now is no fault of the program', async () => {
    const bare = await Notifier.start({ 'database-url': db.url });
    await until(bare.url, ({ status }) => status === 200);
    await db.query('DROP EXTENSION pg_xlsx');
    try {
      const { status, json } = await api(bare.url, '/tasks');
      assert.deepEqual([status, json.code], [503, '57P03']);
    } finally {
      await db.query(INSTALL);
      await bare.stop();
    }
    await until(server.url, (ready) => ready.status === 200);
  });

  test('without the extension at the start is waited for', async () => {
    const other = new Database(db.env, `${db.name}_bare`);
    await new Database(db.env, 'postgres').query(`CREATE DATABASE ${other.name}`);
    const waiting = await Notifier.start({ 'database-url': other.url });
    assert.equal((await until(waiting.url, ({ reason }) => reason !== null)).reason, `extension "pg_xlsx" is not installed in database "${other.name}"`);
    await other.query('CREATE EXTENSION pg_xlsx');
    assert.ok((await until(waiting.url, ({ status }) => status === 200)).took < 2000);
    await waiting.stop();
    await other.drop();
  });

  test('says its versions, and which is older', async () => {
    const { versions, older } = await readiness(server.url);
    assert.deepEqual([versions, older], [{ sidecar: version, sql: version, library: version }, null]);
    const { text } = await request(`${server.url}/metrics`);
    for (const line of [`pg_xlsx_notifier_version{version="${version}"} 1`, `pg_xlsx_sql_version{version="${version}"} 1`, `pg_xlsx_library_version{version="${version}"} 1`])
      assert.ok(text.includes(`${line}\n`), line);
  });

  test('one minor version newer works, and one further away does not', async () => {
    const become = (other) => db.query(`UPDATE pg_extension SET extversion = '${other}' WHERE extname = 'pg_xlsx'`);
    try {
      await become(`${major}.${minor + 1}`);
      const next = await until(server.url, ({ versions }) => versions.sql === `${major}.${minor + 1}` && versions.library !== null);
      assert.deepEqual([next.status, next.reason, next.older], [200, null, 'library']);
      assert.equal((await upload(server.url, workbook(people(3)))).status, 201);
      for (const [other, which, hint] of [[`${major}.${minor + 2}`, 'newer', 'Install a newer sidecar.'], [`${major + 1}.${minor}`, 'newer', 'Install a newer sidecar.'],
        [`${major - 1}.${minor}`, 'older', 'Run ALTER EXTENSION pg_xlsx UPDATE.']]) {
        await become(other);
        const message = `sidecar ${version} does not work with the SQL objects of pg_xlsx ${other}, which are ${which}`;
        const ready = await until(server.url, ({ reason }) => reason === message);
        assert.deepEqual([ready.status, ready.hint], [503, hint]);
        await refusesAll(server.url, message, hint);
      }
    } finally {
      await become(version);
    }
    await until(server.url, ({ status }) => status === 200);
  });
});

test('a standby is told of, and served after its promotion', { timeout: 120000 }, async () => {
  const cluster = Cluster.start();
  try {
    const db = await Database.create(cluster.env);
    cluster.stop();
    execFileSync('touch', [join(cluster.directory, 'data/standby.signal')]);
    cluster.startAgain();
    const server = await Notifier.start({ 'database-url': db.url });
    const message = `database "${db.name}" is on a standby server, which takes no imports`;
    const hint = 'Let database-url name the primary, or all servers with target_session_attrs=read-write.';
    const ready = await until(server.url, ({ reason }) => reason !== null);
    assert.deepEqual([ready.status, ready.database, ready.listening, ready.reason, ready.hint], [503, true, false, message, hint]);
    await refusesAll(server.url, message, hint);
    await db.query('SELECT pg_promote()');
    assert.ok((await until(server.url, ({ status }) => status === 200)).took < 2000);
    assert.equal((await upload(server.url, workbook(people(3)))).status, 201);
    await server.stop();
  } finally {
    cluster.remove();
  }
});
