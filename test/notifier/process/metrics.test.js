// /metrics: how often the database is asked, and who may read it.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { api, upload } from './support/api.js';
import { Database } from './support/cluster.js';
import { request } from './support/engine.js';
import { Notifier } from './support/notifier.js';
import { bearer, SECRET } from './support/token.js';
import { people, workbook } from './support/workbook.js';

let db;
before(async () => { db = await Database.create(); });
after(() => db.drop());

const scrape = async (server, headers = {}) => request(`${server.url}/metrics`, { headers });
const tasks = (text) => Number(text.match(/^pg_xlsx_tasks\{status="COMPLETED"\} (\S+)$/m)?.[1]);

async function started(settings, run) {
  const server = await Notifier.start({ 'database-url': db.url, ...settings });
  try {
    while ((await request(`${server.url}/readyz`)).status !== 200);
    await run(server);
  } finally {
    await server.stop();
  }
}

async function imported(server) {
  const { json } = await upload(server.url, workbook(people(2)));
  await db.query(`SELECT xlsx.wait(${json.taskId})`);
  return json.taskId;
}

test('what the database said is repeated until it is metrics-interval old; the numbers of the sidecar are always fresh', () =>
  started({ 'metrics-interval': '30s' }, async (server) => {
    await imported(server);
    const first = await scrape(server);
    assert.ok(tasks(first.text) >= 1);
    await imported(server);
    const second = await scrape(server);
    assert.equal(tasks(second.text), tasks(first.text));
    const uploads = ({ text }) => Number(text.match(/^pg_xlsx_notifier_uploads_total (\d+)$/m)[1]);
    assert.equal(uploads(second), uploads(first) + 1);
  }));

test('when it is older, the database is asked again', () =>
  started({ 'metrics-interval': '50ms' }, async (server) => {
    const before = tasks((await scrape(server)).text);
    await imported(server);
    while (tasks((await scrape(server)).text) !== before + 1);
  }));

test('metrics-interval 0 asks each time', () =>
  started({ 'metrics-interval': '0' }, async (server) => {
    const before = tasks((await scrape(server)).text);
    await imported(server);
    assert.equal(tasks((await scrape(server)).text), before + 1);
  }));

test('many scrapes hold one connection while the database is slow, and other requests are answered', () =>
  started({ 'metrics-interval': '0', 'pool-size': '2' }, async (server) => {
    const id = await imported(server);
    const session = db.session();
    await session.run('BEGIN; LOCK TABLE xlsx_private.tally IN ACCESS EXCLUSIVE MODE');
    const scrapes = Array.from({ length: 12 }, () => scrape(server));
    const held = () => db.query("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%xlsx.metrics%' AND datname = current_database()");
    while (await held() === '0');
    const { status } = await api(server.url, `/tasks/${id}`);
    assert.equal(status, 200);
    assert.equal(await held(), '1');
    await session.run('ROLLBACK');
    for (const answer of await Promise.all(scrapes)) {
      assert.equal(answer.status, 200);
      assert.match(answer.text, /^pg_xlsx_notifier_listening 1$/m);
    }
    await session.close();
  }));

const TOKEN = 'the token of metrics';

test('with a key, an address that is not loopback asks for the metrics-token', () =>
  started({ listen: '0.0.0.0', 'jwt-secret': SECRET, 'metrics-token': TOKEN }, async (server) => {
    server.url = `http://127.0.0.1:${server.port}`;
    const missing = await scrape(server);
    assert.deepEqual([missing.status, missing.headers['www-authenticate'], JSON.parse(missing.text).message],
      [401, 'Bearer', 'Send the metrics-token: Authorization: Bearer']);
    for (const wrong of [{ authorization: `Bearer ${TOKEN}x` }, { authorization: 'Bearer t' }, bearer('ann')]) {
      const answer = await scrape(server, wrong);
      assert.deepEqual([answer.status, JSON.parse(answer.text).message], [401, 'This is not the metrics-token']);
    }
    const right = await scrape(server, { authorization: `Bearer ${TOKEN}` });
    assert.equal(right.status, 200);
    assert.match(right.text, /^pg_xlsx_tasks\{/m);
  }));

test('without one nobody reads it there', () =>
  started({ listen: '0.0.0.0', 'jwt-secret': SECRET }, async (server) => {
    server.url = `http://127.0.0.1:${server.port}`;
    const { status, text } = await scrape(server, { authorization: 'Bearer x' });
    assert.deepEqual([status, JSON.parse(text).message], [401, 'No metrics-token is set, without which nobody gets metrics at this address']);
  }));

test('a loopback address asks for none', () =>
  started({ 'jwt-secret': SECRET, 'metrics-token': TOKEN }, async (server) => {
    assert.equal((await scrape(server)).status, 200);
  }));
