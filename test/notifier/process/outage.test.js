// The sidecar while its database comes and goes: requests and readiness.

import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { behindProxy } from './support/behind_proxy.js';
import { request } from './support/engine.js';
import { Notifier } from './support/notifier.js';

const at = behindProxy();

const tasks = (url = at.server.url) => request(`${url}/upload-xlsx/tasks`);
const scrape = async (url = at.server.url) => (await request(`${url}/metrics`)).text;
const state = async () => JSON.parse((await request(`${at.server.url}/readyz`)).text);
const readiness = async (url = at.server.url) => (await request(`${url}/readyz`)).status;

describe('a request', { timeout: 120000 }, () => {
  beforeEach(async () => {
    assert.equal((await tasks()).status, 200);
  });

  for (const [what, how] of [['cut', () => at.proxy.cut()], ['reset', () => at.proxy.reset()], ['silent', () => at.proxy.silence()]]) {
    test(`whose connection turns out ${what} is made on a fresh one`, async () => {
      how();
      const begin = performance.now();
      assert.equal((await tasks()).status, 200);
      assert.ok(performance.now() - begin < 5000, 'nobody waits for the end of a time limit');
    });
  }

  for (const [what, how] of [['reset', () => at.proxy.reset()], ['silent', () => at.proxy.silence()]]) {
    test(`of a file is made again where its connection goes ${what} before the first byte`, async () => {
      const session = at.db.session();
      await session.run('BEGIN; LOCK TABLE xlsx_private.profile');
      const waiting = request(`${at.server.url}/upload-xlsx/profiles/people/template`);
      while (await at.db.query("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'") === '0');
      how();
      await session.run('COMMIT');
      await session.close();
      const { status, body } = await waiting;
      assert.deepEqual([status, body.subarray(0, 2).toString()], [200, 'PK']);
    });
  }

  test('of many at once, when all idle connections have died without a word', async () => {
    await Promise.all(Array.from({ length: 12 }, () => tasks()));
    at.proxy.silence();
    const begin = performance.now();
    const answers = await Promise.all(Array.from({ length: 12 }, () => tasks()));
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200]);
    assert.ok(performance.now() - begin < 5000);
  });

  test('waits while the database is away, and is answered when it is back', async () => {
    await at.proxy.refuse();
    at.proxy.reset();
    const waiting = Array.from({ length: 20 }, () => tasks());
    await at.ready(503);
    await at.proxy.accept();
    for (const { status } of await Promise.all(waiting)) assert.equal(status, 200);
  });

  test('is made again where its connection falls silent under it', async () => {
    const session = at.db.session();
    await session.run('BEGIN; LOCK TABLE xlsx_private.task');
    const waiting = tasks();
    while (await at.db.query("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'") === '0');
    at.proxy.silence();
    await session.run('COMMIT');
    const begin = performance.now();
    assert.equal((await waiting).status, 200);
    assert.ok(performance.now() - begin < 10000);
    await session.close();
  });

  test('waits while the database hangs, and is answered when it goes on', async () => {
    at.proxy.silence({ newOnes: true });
    const waiting = Array.from({ length: 20 }, () => tasks());
    await at.ready(503);
    at.proxy.speak();
    for (const { status } of await Promise.all(waiting)) assert.equal(status, 200);
  });

  test('waits no longer than request-timeout', async () => {
    const hasty = await Notifier.start({ 'database-url': at.proxy.through(at.db.url), 'request-timeout': '700ms' });
    await at.ready(200, hasty.url);
    await at.proxy.refuse();
    at.proxy.reset();
    const begin = performance.now();
    const { status, text, headers } = await tasks(hasty.url);
    assert.deepEqual([status, JSON.parse(text).message], [503, 'database did not answer in time']);
    assert.ok(headers['retry-after']);
    assert.ok(performance.now() - begin >= 690);
    await at.proxy.accept();
    await hasty.stop();
  });
});

describe('readiness', { timeout: 120000 }, () => {
  test('goes within two seconds of the first missed answer, and comes back without a request', async () => {
    at.proxy.silence({ newOnes: true });
    assert.ok(await at.ready(503) < 2000);
    let now;
    do now = await state();
    while (now.database || now.listening);
    assert.deepEqual([now.status, now.stopping, now.reason], ['not ready', false, null]);
    at.proxy.speak();
    await at.ready(200);
  });

  test('goes when connections are refused, and comes back without a request', async () => {
    await at.proxy.refuse();
    at.proxy.reset();
    assert.ok(await at.ready(503) < 2000);
    await at.proxy.accept();
    await at.ready(200);
  });

  test('goes, and the metrics of the sidecar stay, without those of the database', async () => {
    assert.match(await scrape(), /^pg_xlsx_tasks/m);
    at.proxy.silence({ newOnes: true });
    while ((await state()).database);     // listening may go first
    const text = await scrape();
    assert.match(text, /^pg_xlsx_notifier_connections /m);
    assert.doesNotMatch(text, /^pg_xlsx_tasks/m);
  });

  test('has not gone yet when a scrape asks the silent database: it is answered after a few seconds', async () => {
    const asking = await Notifier.start({ 'database-url': at.proxy.through(at.db.url), 'metrics-interval': '0' });
    await at.ready(200, asking.url);
    assert.match(await scrape(asking.url), /^pg_xlsx_tasks/m);
    at.proxy.silence({ newOnes: true });
    const begin = performance.now();
    const text = await scrape(asking.url);
    assert.ok(performance.now() - begin < 5000);
    assert.match(text, /^pg_xlsx_notifier_connections /m);
    assert.doesNotMatch(text, /^pg_xlsx_tasks/m);
    await asking.stop();
  });

  test('comes by itself when the database comes after the sidecar', async () => {
    await at.proxy.refuse();
    const early = await Notifier.start({ 'database-url': at.proxy.through(at.db.url) });
    assert.equal(await readiness(early.url), 503);
    await at.proxy.accept();
    await at.ready(200, early.url);
    await early.stop();
  });

  test('stays while answers take long, and no connection is given up', async () => {
    at.proxy.delay(350);     // 0.7 s for question and answer, of 1.4 s
    const before = at.server.log.length;
    for (const end = performance.now() + 4000; performance.now() < end;) assert.equal(await readiness(), 200);
    assert.doesNotMatch(at.server.log.slice(before), /not listening|given up/);
    at.proxy.delay(0);
  });

  test('of a database that answers late goes once, and its connections stay', async () => {
    const before = at.server.log.length;
    at.proxy.delay(900);     // 1.8 s for question and answer: one is missed, two are not
    await at.ready(503);
    for (const end = performance.now() + 4000; performance.now() < end;) assert.equal(await readiness(), 503);
    assert.doesNotMatch(at.server.log.slice(before), /not listening|given up/);
    at.proxy.delay(0);
    await at.ready(200);
  });
});
