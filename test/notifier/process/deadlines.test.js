// A request that runs out of time says what happened, or that the outcome is unknown.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { api, BASE, upload } from './support/api.js';
import { request } from './support/engine.js';
import { Notifier } from './support/notifier.js';
import { Proxy } from './support/proxy.js';
import { ANN, Tenants } from './support/tenants.js';
import { bearer, SECRET } from './support/token.js';
import { people, workbook } from './support/workbook.js';

let tenants;
let db;
let proxy;     // between the two sidecars and the database
let server;    // whose callers are roles
let open;      // which asks nobody

before(async () => {
  tenants = await Tenants.create();
  db = tenants.db;
  proxy = await Proxy.start(db.env);
  server = await Notifier.start({ 'database-url': proxy.through(tenants.url), 'jwt-secret': SECRET, 'request-timeout': '500ms' });
  open = await Notifier.start({ 'database-url': proxy.through(db.url), 'request-timeout': '500ms' });
});
after(async () => {
  await server.stop();
  await open.stop();
  await tenants.remove();
});

const LATE = 'database did not answer in time';

// Both ways in: a role in a transaction, and the statement alone.
const ways = [['a role', () => server, bearer(ANN)], ['the sidecar itself', () => open, {}]];

async function done(notifier, headers) {
  const { status, text } = await request(`${notifier.url}${BASE}/upload?profile=people&fileName=people.xlsx`, {
    method: 'POST', headers: { ...headers, 'content-type': 'application/octet-stream' }, body: workbook(people(3)),
  });
  assert.equal(status, 201, text);
  const { taskId } = JSON.parse(text);
  await db.query(`SELECT xlsx.wait(${taskId})`);
  return taskId;
}

async function call(notifier, method, path, headers) {
  const { status, text } = await request(`${notifier.url}${BASE}${path}`, { method, headers: { ...headers, 'content-length': 0 } });
  return { status, json: JSON.parse(text) };
}

const rows = (task) => db.query(`SELECT count(*) FROM people WHERE task_id = ${task}`);

// Until a session waits for a lock on the table people.
async function waits() {
  let pid;
  do {
    pid = await db.query("SELECT pid FROM pg_locks WHERE relation = 'people'::regclass AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())");
  } while (pid === '');
  return Number(pid);
}

// While another session holds the table.
async function whileLocked(action) {
  const session = db.session();
  await session.run('BEGIN; LOCK TABLE people IN ACCESS EXCLUSIVE MODE');
  try {
    return await action(session);
  } finally {
    await session.run('ROLLBACK');
    await session.close();
  }
}

const vanished = {
  message: 'database is not available', error: 'Service Unavailable', statusCode: 503, code: '08006',
  detail: 'What was asked for may have been done or not, or may still be done.',
  hint: 'Look at the task, or wait for its events, before asking again.', outcome: 'unknown',
};

// GET says what is in the table, as soon as the sidecar has a connection again.
async function tells(notifier, task, headers) {
  let answer;
  do answer = await call(notifier, 'GET', `/tasks/${task}`, headers); while (answer.status === 503);
  assert.equal(answer.status === 404 || answer.json.undone ? '0' : '3', await rows(task), 'GET tells what happened');
  if (answer.status === 200) await call(notifier, 'DELETE', `/tasks/${task}`, headers);
}

for (const [who, notifier, headers] of ways) {
  describe(`a request of ${who}`, () => {
    for (const [method, path] of [['DELETE', ''], ['POST', '/undo']]) {
      test(`${method} ${path} that is cancelled at its deadline says so, and nothing follows`, async () => {
        const task = await done(notifier(), headers);
        const { status, json } = await whileLocked(() => call(notifier(), method, `/tasks/${task}${path}`, headers));
        assert.equal(status, 503);
        assert.deepEqual(json, {
          message: LATE, error: 'Service Unavailable', statusCode: 503, code: '57014',
          detail: 'The statement was cancelled, and what it had changed was rolled back.', outcome: 'cancelled',
        });
        assert.equal(await db.query("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'pg_xlsx_notifier' AND datname = current_database() AND wait_event_type = 'Lock'"), '0');
        assert.equal(await rows(task), '3');
        assert.equal((await call(notifier(), 'DELETE', `/tasks/${task}`, headers)).status, 200);
      });
    }

    test('one that commits in spite of the cancel is answered as what it is', async () => {
      const task = await done(notifier(), headers);
      await db.query(`
        CREATE FUNCTION stubborn() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          PERFORM pg_sleep(60);
          RETURN OLD;
        EXCEPTION WHEN query_canceled THEN
          RETURN OLD;
        END $$;
        CREATE TRIGGER stubborn BEFORE DELETE ON people FOR EACH ROW WHEN (OLD.name = 'Person 1') EXECUTE FUNCTION stubborn();
        ALTER TABLE people ENABLE ALWAYS TRIGGER stubborn`);
      try {
        assert.notEqual(await db.query(`SELECT count(*) FROM people WHERE task_id = ${task} AND name = 'Person 1'`), '0');
        const { status, json } = await call(notifier(), 'DELETE', `/tasks/${task}`, headers);
        assert.deepEqual([status, json.message], [200, `Task with ID ${task} deleted successfully`]);
        assert.equal(await rows(task), '0');
      } finally {
        await db.query('DROP FUNCTION stubborn CASCADE');
      }
    });

    test('of one whose session does not answer either nobody knows the outcome', async () => {
      const task = await done(notifier(), headers);
      const pid = await whileLocked(async () => {
        const answer = call(notifier(), 'DELETE', `/tasks/${task}`, headers);
        const session = await waits();
        process.kill(session, 'SIGSTOP');
        try {
          const { status, json } = await answer;
          assert.equal(status, 503);
          assert.deepEqual(json, {
            message: LATE, error: 'Service Unavailable', statusCode: 503, code: '57014',
            detail: 'What was asked for may have been done or not, or may still be done.',
            hint: 'Look at the task, or wait for its events, before asking again.', outcome: 'unknown',
          });
        } finally {
          process.kill(session, 'SIGCONT');
        }
        return session;
      });
      while (await db.query(`SELECT count(*) FROM pg_stat_activity WHERE pid = ${pid}`) !== '0');
      const { status } = await call(notifier(), 'GET', `/tasks/${task}`, headers);
      assert.equal(status === 404 ? '0' : '3', await rows(task), 'GET tells what happened');
      if (status === 200) await call(notifier(), 'DELETE', `/tasks/${task}`, headers);
    });

    for (const [method, path] of [['DELETE', ''], ['POST', '/undo']]) {
      test(`of ${method} ${path} whose connection is reset nobody knows the outcome`, async () => {
        const task = await done(notifier(), headers);
        const pid = await whileLocked(async () => {
          const answer = call(notifier(), method, `/tasks/${task}${path}`, headers);
          const session = await waits();
          proxy.reset();
          const { status, json } = await answer;
          assert.equal(status, 503);
          assert.deepEqual(json, vanished);
          return session;
        });
        while (await db.query(`SELECT count(*) FROM pg_stat_activity WHERE pid = ${pid}`) !== '0');
        await tells(notifier(), task, headers);
      });
    }

    test('of one that has committed when its connection is reset nobody knows it either, until GET tells', async () => {
      const task = await done(notifier(), headers);
      const answer = await whileLocked(async () => {
        const pending = call(notifier(), 'DELETE', `/tasks/${task}`, headers);
        await waits();
        proxy.silence();
        return { pending };
      });
      // What the sidecar sent before the silence is in the server's hands: the whole transaction.
      while (await rows(task) !== '0');
      proxy.reset();
      const { status, json } = await answer.pending;
      assert.equal(status, 503);
      assert.ok(['57014', '08006'].includes(json.code), json.code);
      assert.deepEqual({ ...json, code: '', message: '' }, { ...vanished, code: '', message: '' });
      await proxy.restore();
      await tells(notifier(), task, headers);
      assert.equal((await call(notifier(), 'GET', `/tasks/${task}`, headers)).status, 404);
    });

    test('one whose client hangs up goes on, and its deadline holds as well', async () => {
      const task = await done(notifier(), headers);
      await whileLocked(async () => {
        const hangup = new AbortController();
        const answer = fetch(`${notifier().url}${BASE}/tasks/${task}`, { method: 'DELETE', headers, signal: hangup.signal });
        const pid = await waits();
        hangup.abort();
        await answer.catch(() => {});
        while (await db.query(`SELECT count(*) FROM pg_locks WHERE pid = ${pid} AND NOT granted`) !== '0');
      });
      assert.equal(await rows(task), '3');
      assert.equal((await call(notifier(), 'GET', `/tasks/${task}`, headers)).status, 200);
      await call(notifier(), 'DELETE', `/tasks/${task}`, headers);
    });
  });
}

test('a request that only reads is answered at its deadline, and its statement ends', async () => {
  const session = db.session();
  await session.run('BEGIN; LOCK TABLE xlsx_private.profile IN ACCESS EXCLUSIVE MODE');
  const { status, json } = await api(open.url, '/profiles');
  assert.deepEqual([status, json.message, json.outcome], [503, LATE, undefined]);
  while (await db.query("SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'xlsx_private.profile'::regclass") !== '0');
  await session.run('ROLLBACK');
  await session.close();
});

test('an upload whose last statement is late makes no task', async () => {
  const before = await db.query('SELECT count(*) FROM xlsx_private.task');
  const session = db.session();
  await session.run('BEGIN; LOCK TABLE xlsx_private.task IN EXCLUSIVE MODE');
  const { status, json } = await upload(open.url, workbook(people(3)));
  await session.run('ROLLBACK');
  await session.close();
  assert.deepEqual([status, json.outcome], [503, 'cancelled']);
  assert.equal(await db.query('SELECT count(*) FROM xlsx_private.task'), before);
});

test('of a statement whose session is ended before it commits nothing is unknown', async () => {
  const task = await done(server, bearer(ANN));
  const { status, json } = await whileLocked(async () => {
    const answer = call(server, 'DELETE', `/tasks/${task}`, bearer(ANN));
    await db.query(`SELECT pg_terminate_backend(${await waits()})`);
    return answer;
  });
  assert.deepEqual([status, json.code, json.outcome], [503, '57P01', undefined]);
  assert.equal(await rows(task), '3');
});

