// The sidecar while its database comes and goes: requests and readiness.

import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { Database } from './support/cluster.js';
import { request } from './support/engine.js';
import { Notifier } from './support/notifier.js';
import { Proxy } from './support/proxy.js';

let db;
let proxy;
let server;

before(async () => {
  db = await Database.create();
  proxy = await Proxy.start(db.env);
  server = await Notifier.start({ 'database-url': proxy.through(db.url), 'ping-interval': '1h' });
});
after(async () => {
  await server.stop();
  proxy.close();
  await db.drop();
});

const tasks = (url = server.url) => request(`${url}/upload-xlsx/tasks`);
const readiness = async (url = server.url) => (await request(`${url}/readyz`)).status;

// Asks until the answer is the one that is waited for; resolves to the milliseconds that it took.
async function becomes(status, url) {
  const begin = performance.now();
  while (await readiness(url) !== status) await new Promise((resolve) => setTimeout(resolve, 20));
  return performance.now() - begin;
}

describe('a request', { timeout: 120000 }, () => {
  beforeEach(async () => {
    await proxy.restore();
    await becomes(200);
    assert.equal((await tasks()).status, 200);
  });

  for (const [what, how] of [['cut', () => proxy.cut()], ['reset', () => proxy.reset()], ['silent', () => proxy.silence()]]) {
    test(`whose connection turns out ${what} is made on a fresh one`, async () => {
      how();
      const begin = performance.now();
      assert.equal((await tasks()).status, 200);
      assert.ok(performance.now() - begin < 5000, 'nobody waits for the end of a time limit');
    });
  }

  for (const [what, how] of [['reset', () => proxy.reset()], ['silent', () => proxy.silence()]]) {
    test(`of a file is made again where its connection goes ${what} before the first byte`, async () => {
      const session = db.session();
      await session.run('BEGIN; LOCK TABLE xlsx_private.profile');
      const waiting = request(`${server.url}/upload-xlsx/profiles/people/template`);
      while (await db.query("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'") === '0');
      how();
      await session.run('COMMIT');
      await session.close();
      const { status, body } = await waiting;
      assert.deepEqual([status, body.subarray(0, 2).toString()], [200, 'PK']);
    });
  }

  test('of many at once, when all idle connections have died without a word', async () => {
    await Promise.all(Array.from({ length: 12 }, () => tasks()));
    proxy.silence();
    const begin = performance.now();
    const answers = await Promise.all(Array.from({ length: 12 }, () => tasks()));
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200]);
    assert.ok(performance.now() - begin < 5000);
  });

  test('waits while the database is away, and is answered when it is back', async () => {
    await proxy.refuse();
    proxy.reset();
    const waiting = Array.from({ length: 20 }, () => tasks());
    await becomes(503);
    await proxy.accept();
    for (const { status } of await Promise.all(waiting)) assert.equal(status, 200);
  });

  test('is made again where its connection falls silent under it', async () => {
    const session = db.session();
    await session.run('BEGIN; LOCK TABLE xlsx_private.task');
    const waiting = tasks();
    while (await db.query("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'") === '0');
    proxy.silence();
    await session.run('COMMIT');
    const begin = performance.now();
    assert.equal((await waiting).status, 200);
    assert.ok(performance.now() - begin < 10000);
    await session.close();
  });

  test('waits while the database hangs, and is answered when it goes on', async () => {
    proxy.silence({ newOnes: true });
    const waiting = Array.from({ length: 20 }, () => tasks());
    await becomes(503);
    proxy.speak();
    for (const { status } of await Promise.all(waiting)) assert.equal(status, 200);
  });

  test('waits no longer than request-timeout', async () => {
    const hasty = await Notifier.start({ 'database-url': proxy.through(db.url), 'request-timeout': '700ms' });
    await becomes(200, hasty.url);
    await proxy.refuse();
    proxy.reset();
    const begin = performance.now();
    const { status, text, headers } = await tasks(hasty.url);
    assert.deepEqual([status, JSON.parse(text).message], [503, 'database did not answer in time']);
    assert.ok(headers['retry-after']);
    assert.ok(performance.now() - begin >= 690);
    await proxy.accept();
    await hasty.stop();
  });
});

describe('readiness', { timeout: 120000 }, () => {
  beforeEach(async () => {
    await proxy.restore();
    await becomes(200);
  });

  test('goes within two seconds of the first missed answer, and comes back without a request', async () => {
    proxy.silence({ newOnes: true });
    assert.ok(await becomes(503) < 2000);
    let state;
    do state = JSON.parse((await request(`${server.url}/readyz`)).text);
    while (state.database || state.listening);
    assert.deepEqual(state, { status: 'not ready', database: false, listening: false, stopping: false });
    proxy.speak();
    await becomes(200);
  });

  test('goes when connections are refused, and comes back without a request', async () => {
    await proxy.refuse();
    proxy.reset();
    assert.ok(await becomes(503) < 2000);
    await proxy.accept();
    await becomes(200);
  });

  test('goes, and the metrics of the sidecar stay, without those of the database', async () => {
    const scrape = async () => (await request(`${server.url}/metrics`)).text;
    assert.match(await scrape(), /^pg_xlsx_tasks/m);
    proxy.silence({ newOnes: true });
    const begin = performance.now();
    const text = await scrape();
    assert.ok(performance.now() - begin < 5000);
    assert.match(text, /^pg_xlsx_notifier_connections /m);
    assert.doesNotMatch(text, /^pg_xlsx_tasks/m);
  });

  test('comes by itself when the database comes after the sidecar', async () => {
    await proxy.refuse();
    const early = await Notifier.start({ 'database-url': proxy.through(db.url) });
    assert.equal(await readiness(early.url), 503);
    await proxy.accept();
    await becomes(200, early.url);
    await early.stop();
  });

  test('stays while answers take long, and no connection is given up', async () => {
    proxy.delay(400);
    const before = server.log.length;
    for (const end = performance.now() + 4000; performance.now() < end;) assert.equal(await readiness(), 200);
    assert.doesNotMatch(server.log.slice(before), /not listening|given up/);
    proxy.delay(0);
  });

  test('of a database that answers late goes once, and its connections stay', async () => {
    const before = server.log.length;
    proxy.delay(900);     // 1.8 s for question and answer: one is missed, two are not
    await becomes(503);
    for (const end = performance.now() + 4000; performance.now() < end;) assert.equal(await readiness(), 503);
    assert.doesNotMatch(server.log.slice(before), /not listening|given up/);
    proxy.delay(0);
    await becomes(200);
  });
});
