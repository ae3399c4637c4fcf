// Webhooks: the end of a task reaches other servers, once, signed, and never an address that is not public.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { form, post } from './support/api.js';
import { Database } from './support/cluster.js';
import { Notifier } from './support/notifier.js';
import { people, workbook } from './support/workbook.js';

const key = Buffer.from('a secret of more than 24 bytes');
const secret = `whsec_${key.toString('base64')}`;
const settings = { 'webhook-secret': secret, 'webhook-allow-private': 'on', 'webhook-backoff': '50ms' };

// A receiver that keeps what it gets; answer(request) is a status, or the headers of a redirect as well.
class Receiver {
  static async start() {
    const receiver = new Receiver();
    receiver.got = [];
    receiver.answer = () => [200];
    receiver.waiting = [];
    receiver.server = createServer((request, response) => {
      let body = '';
      request.on('data', (data) => { body += data; });
      request.on('end', () => {
        receiver.got.push({ path: request.url, method: request.method, headers: request.headers, body });
        response.writeHead(...receiver.answer(request));
        if (receiver.endless) {
          const more = () => { while (!response.destroyed && response.write('x'.repeat(10000))); };
          response.on('drain', more);
          more();
        } else {
          response.end('x'.repeat(1000));
        }
        receiver.waiting.splice(0).forEach((wake) => wake());
      });
    });
    await new Promise((resolve) => receiver.server.listen(0, '127.0.0.1', resolve));
    receiver.port = receiver.server.address().port;
    receiver.url = `http://127.0.0.1:${receiver.port}`;
    return receiver;
  }

  async until(count) {
    while (this.got.length < count) await new Promise((wake) => this.waiting.push(wake));
  }

  stop() {
    return new Promise((resolve) => this.server.close(resolve));
  }
}

let db;
let receiver;

before(async () => {
  db = await Database.create();
  receiver = await Receiver.start();
});
after(async () => {
  await receiver.stop();
  await db.drop();
});
beforeEach(async () => {
  receiver.got = [];
  receiver.answer = () => [200];
  await db.query('DELETE FROM xlsx_private.webhook_delivery');
});

const goTo = (...urls) => db.query(`SELECT xlsx.alter_profile('people', webhooks => '{${urls.join(',')}}')`);
const imported = () => db.query(`SELECT task FROM xlsx.import('people', '\\x${workbook(people(2)).toString('hex')}')`);
const deliveries = () => db.json('SELECT state, attempts, last_status, last_error FROM xlsx.webhook_deliveries ORDER BY id');

// Until the database has recorded that all have ended.
async function ended(...notifiers) {
  for (;;) {
    const rows = await deliveries();
    if (rows.every(({ state }) => state !== 'waiting')) return rows;
    await Promise.race(notifiers.map(({ child }) => new Promise((resolve) => child.stderr.once('data', resolve))));
  }
}

async function running(more, work) {
  const server = await Notifier.start({ 'database-url': db.url, ...settings, ...more });
  try {
    return await work(server);
  } finally {
    await server.stop();
  }
}

test('a task that ends is told, signed by the rules of Standard Webhooks', () => running({}, async (server) => {
  await goTo(`${receiver.url}/hook?x=1`);
  const { json } = await post(server.url, form([['file', workbook(people(3)), 'a.xlsx']]));
  await receiver.until(1);
  const [{ path, method, headers, body }] = receiver.got;
  assert.deepEqual([path, method, headers['content-type']], ['/hook?x=1', 'POST', 'application/json']);
  const { type, timestamp, data } = JSON.parse(body);
  assert.equal(type, 'task-completed');
  assert.ok(Math.abs(Date.parse(timestamp) - Date.now()) < 60000, timestamp);
  assert.deepEqual([data.taskId, data.status, data.savedRows, data.fileName], [json.taskId, 'COMPLETED', 3, 'a.xlsx']);
  assert.ok(Math.abs(Number(headers['webhook-timestamp']) * 1000 - Date.now()) < 60000);
  const signed = createHmac('sha256', key).update(`${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`).digest('base64');
  assert.equal(headers['webhook-signature'], `v1,${signed}`);
  assert.deepEqual(await ended(server), [{ state: 'delivered', attempts: 1, last_status: 200, last_error: null }]);
}));

test('a task that fails, and one that is undone, are told as well', () => running({}, async (server) => {
  await goTo(receiver.url);
  const { json } = await post(server.url, form([['file', workbook([['Nothing'], ['x']]), 'a.xlsx']]));
  await receiver.until(1);
  assert.deepEqual([JSON.parse(receiver.got[0].body).type, JSON.parse(receiver.got[0].body).data.taskId], ['task-failed', json.taskId]);
  await db.query(`SELECT xlsx.undo(${await imported()})`);
  await receiver.until(3);
  assert.deepEqual(receiver.got.slice(1).map(({ body }) => JSON.parse(body).type), ['task-completed', 'task-undone']);
}));

test('two secrets make two signatures, so that one can replace the other', () => running({ 'webhook-secret': `${secret} another secret of the same length`.replace(/ (?=secret|of|the|same|length)/g, '_') }, async () => {
  await goTo(receiver.url);
  await imported();
  await receiver.until(1);
  const { headers, body } = receiver.got[0];
  const signed = (secretKey) => `v1,${createHmac('sha256', secretKey).update(`${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`).digest('base64')}`;
  assert.equal(headers['webhook-signature'], `${signed(key)} ${signed('another_secret_of_the_same_length')}`);
}));

test('a receiver that fails is tried again, with the same id, until it recovers', () => running({}, async (server) => {
  await goTo(receiver.url);
  receiver.answer = () => [receiver.got.length < 3 ? 503 : 204];
  await imported();
  await receiver.until(3);
  assert.equal(new Set(receiver.got.map(({ headers }) => headers['webhook-id'])).size, 1);
  assert.equal(new Set(receiver.got.map(({ body }) => body)).size, 1);
  assert.deepEqual(await ended(server), [{ state: 'delivered', attempts: 3, last_status: 204, last_error: null }]);
}));

test('it is given up after webhook-attempts, and at once where the receiver says that it is gone', () => running({ 'webhook-attempts': 2 }, async (server) => {
  await goTo(receiver.url);
  receiver.answer = () => [500];
  await imported();
  assert.deepEqual(await ended(server), [{ state: 'failed', attempts: 2, last_status: 500, last_error: 'the receiver answered 500' }]);
  receiver.answer = () => [410];
  await imported();
  assert.deepEqual((await ended(server))[1], { state: 'failed', attempts: 1, last_status: 410, last_error: 'the receiver answered 410' });
}));

test('a redirect is not followed', () => running({ 'webhook-attempts': 1 }, async (server) => {
  await goTo(`${receiver.url}/first`);
  receiver.answer = (request) => (request.url === '/first' ? [307, { location: `${receiver.url}/second` }] : [200]);
  await imported();
  assert.deepEqual(await ended(server), [{ state: 'failed', attempts: 1, last_status: 307, last_error: 'the receiver answered 307, and redirects are not followed' }]);
  assert.deepEqual(receiver.got.map(({ path }) => path), ['/first']);
}));

test('an answer without an end is not read to its end', () => running({ 'webhook-attempts': 1 }, async (server) => {
  await goTo(receiver.url);
  receiver.endless = true;
  try {
    await imported();
    assert.deepEqual(await ended(server), [{ state: 'delivered', attempts: 1, last_status: 200, last_error: null }]);
  } finally {
    receiver.endless = false;
  }
}));

test('addresses that are not public are refused when connecting, whatever the name is', () => running({ 'webhook-allow-private': 'off', 'webhook-attempts': 1 }, async (server) => {
  const hosts = ['127.0.0.1', 'localhost', '[::1]', '[::ffff:127.0.0.1]', '2130706433', '0x7f.1', '0.0.0.0', '10.0.0.1', '169.254.169.254', '[fe80::1]'];
  await goTo(...hosts.map((host) => `http://${host}:${receiver.port}/`));
  await imported();
  const rows = await ended(server);
  assert.equal(rows.length, hosts.length);
  for (const row of rows) assert.deepEqual(row, { state: 'failed', attempts: 1, last_status: null, last_error: 'the address is a loopback, private or link-local one' });
  assert.equal(receiver.got.length, 0);
}));

test('two sidecars deliver each once', async () => {
  const servers = await Promise.all([1, 2].map(() => Notifier.start({ 'database-url': db.url, ...settings })));
  try {
    await goTo(...[1, 2, 3, 4, 5].map((n) => `${receiver.url}/${n}`));
    for (let i = 0; i < 4; i++) await imported();
    await receiver.until(20);
    const rows = await ended(...servers);
    assert.deepEqual(new Set(rows.map(JSON.stringify)), new Set([JSON.stringify({ state: 'delivered', attempts: 1, last_status: 200, last_error: null })]));
    assert.equal(receiver.got.length, 20);
    assert.equal(new Set(receiver.got.map(({ headers }) => headers['webhook-id'])).size, 20);
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
});

test('what a sidecar took with it when it died is sent by another one, and a late report does not count', async () => {
  await goTo(receiver.url);
  await imported();
  const head = await db.query('SELECT head FROM xlsx_rest.webhooks_claim(60000)');
  const [id, attempt] = head.split(' ');
  await running({}, async (server) => {
    await db.query(`UPDATE xlsx_private.webhook_delivery SET due_at = clock_timestamp()`);
    await imported(); // and the event makes it look
    await receiver.until(2);
    assert.deepEqual((await ended(server))[0], { state: 'delivered', attempts: 2, last_status: 200, last_error: null });
  });
  assert.equal(await db.query(`SELECT head IS NULL FROM xlsx_rest.webhooks_report(${id}, ${attempt}, 500, 'late', 1, 5)`), 't');
  assert.equal((await deliveries())[0].state, 'delivered');
});

test('without a secret none is sent; one that is no secret is refused', async () => {
  await goTo(receiver.url);
  const server = await Notifier.start({ 'database-url': db.url });
  await imported();
  assert.deepEqual(await deliveries(), [{ state: 'waiting', attempts: 0, last_status: null, last_error: null }]);
  await server.stop();
  assert.equal(receiver.got.length, 0);
  for (const [wrong, why] of [['short', 'a secret has 24 bytes at least'], ['whsec_§', 'what follows "whsec_" is not base64'], ['', 'it is empty']]) {
    await assert.rejects(Notifier.start({ 'database-url': db.url, 'webhook-secret': wrong }), (error) => error.message.includes(`invalid value for webhook-secret: ${why}`));
  }
});

test('addresses that are none are refused; the log is seen by those who see the task', async () => {
  for (const wrong of ['ftp://example.test/', 'example.test', 'https://', 'https://user:password@example.test/', 'https://a b/', 'file:///etc/passwd', 'https:///path']) {
    await assert.rejects(db.query(`SELECT xlsx.alter_profile('people', webhooks => ARRAY['${wrong}'])`), (error) => error.message.includes(`"${wrong}" is no address of a webhook`), wrong);
  }
  await goTo(receiver.url);
  await imported();
  await db.query('CREATE ROLE webhook_stranger; GRANT xlsx_user TO webhook_stranger');
  try {
    assert.equal(await db.query('SET ROLE webhook_stranger; SELECT count(*) FROM xlsx.webhook_deliveries'), '0');
    for (const call of ['webhooks_claim(1)', "webhooks_report(1, 1, 200, NULL, 1, 1)"]) {
      await assert.rejects(db.query(`SET ROLE webhook_stranger; SELECT xlsx_rest.${call}`), /permission denied/);
    }
  } finally {
    await db.query('RESET ROLE; DROP ROLE webhook_stranger');
  }
});

describe('events-log', () => {
  const lines = (file) => readFileSync(file, 'utf8').trim().split('\n').map((line) => JSON.parse(line));

  test('has each event as a line of JSON, and is opened again on SIGHUP', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'events-'));
    const file = join(folder, 'events.jsonl');
    await goTo(receiver.url);
    try {
      await running({ 'events-log': file }, async (server) => {
        const { json } = await post(server.url, form([['file', workbook(people(3)), 'a.xlsx']]));
        while (!readFileSync(file, 'utf8').includes('task-completed')) await db.query('SELECT 1');
        const got = lines(file).filter(({ task }) => task === json.taskId);
        for (const line of got) assert.match(line.time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
        const names = got.map(({ event }) => event);
        assert.equal(names[0], 'task-queued');
        assert.equal(names.at(-1), 'task-completed');
        assert.deepEqual([got.at(-1).data.taskId, got.at(-1).data.savedRows], [json.taskId, 3]);
        const seqs = got.filter(({ data }) => data).map(({ data }) => data.seq);
        assert.deepEqual(seqs, [...seqs].sort((a, b) => a - b));

        renameSync(file, `${file}.1`);
        server.child.kill('SIGHUP');
        const task = await db.idleTask();
        for (;;) {
          await db.emit(task, 'after-rotation', {});
          let now = '';
          try { now = readFileSync(file, 'utf8'); } catch { /* not yet */ }
          if (now.includes('after-rotation')) break;
        }
        assert.ok(lines(file).every(({ task: of }) => of === task));
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('that cannot be written keeps the sidecar from starting', async () => {
    await assert.rejects(Notifier.start({ 'database-url': db.url, 'events-log': '/nowhere/at/all' }), /could not open events-log/);
  });
});
