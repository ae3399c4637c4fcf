// Tokens: which are accepted, and that each user sees only their own tasks.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { io } from 'socket.io-client';
import { BASE, form, XLSX } from './support/api.js';
import { atEnd } from './support/cleanup.js';
import { request } from './support/engine.js';
import { Inbox } from './support/inbox.js';
import { Notifier } from './support/notifier.js';
import { root } from './support/server.js';
import { EventStream } from './support/stream.js';
import { ANN, BOB, Tenants } from './support/tenants.js';
import { bearer, now, SECRET, token } from './support/token.js';
import { people, workbook } from './support/workbook.js';

let db;
let server;
let folder;
let tenants;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'pg_xlsx_tokens.'));
  tenants = await Tenants.create();
  ({ db, server } = tenants);
});
after(async () => {
  await tenants.remove();
  rmSync(folder, { recursive: true });
});

async function call(path, { url = server.url, method = 'GET', headers = {}, body } = {}) {
  const response = await request(url + path, { method, headers: { 'content-length': body?.length ?? 0, ...headers }, body });
  let json;
  try {
    json = JSON.parse(response.text);
  } catch {
    json = undefined;
  }
  return { ...response, json };
}

const as = (role, path, options = {}) => call(BASE + path, { ...options, headers: { ...bearer(role), ...options.headers } });

async function imported(role, rows) {
  const { body, headers } = form([['file', workbook(rows), 'people.xlsx']]);
  const { status, json } = await as(role, '/upload', { method: 'POST', headers, body });
  assert.equal(status, 201, JSON.stringify(json));
  await db.query(`SELECT xlsx.wait(${json.taskId})`);
  return json.taskId;
}

async function connect(auth, url = server.url, nsp = '/upload-xlsx') {
  const socket = io(url + nsp, { transports: ['websocket'], forceNew: true, reconnection: false, auth });
  atEnd(() => socket.close());
  const inbox = new Inbox();
  socket.onAny((name, data) => inbox.put([name, data]));
  const error = await Promise.race([once(socket, 'connect').then(() => undefined), once(socket, 'connect_error').then(([e]) => e)]);
  return { socket, inbox, error };
}

describe('a token', () => {
  const refused = async (headers, message, path = `${BASE}/tasks`) => {
    const response = await call(path, { headers });
    assert.equal(response.status, 401);
    assert.equal(response.json.message, message);
    assert.equal(response.json.error, 'Unauthorized');
    assert.match(response.headers['www-authenticate'], /^Bearer/);
    return response;
  };
  const withToken = (text) => ({ authorization: `Bearer ${text}` });

  test('that is good lets in', async () => {
    assert.equal((await as(ANN, '/tasks')).status, 200);
    assert.equal((await call(`${BASE}/tasks`, { headers: { authorization: `bearer ${token({ role: ANN })}` } })).status, 200);
    assert.equal((await call(`/upload-xlsx/tasks`, { headers: withToken(token({ role: ANN }, { alg: 'HS512' })) })).status, 200);
  });

  test('may stand in the query of a GET, and only there', async () => {
    const good = token({ role: ANN });
    assert.equal((await call(`${BASE}/tasks?access_token=${good}`)).status, 200);
    assert.equal((await call(`${BASE}/tasks/1/cancel?access_token=${good}`, { method: 'POST' })).status, 401);
  });

  test('that is missing', () => refused({}, 'Send a token: Authorization: Bearer'));
  test('of another scheme', () => refused({ authorization: 'Basic YTpi' }, 'Send a token: Authorization: Bearer'));
  test('that is none', () => refused(withToken('abc'), 'Token is malformed'));
  test('with a wrong signature', () => refused(withToken(token({ role: ANN }, { key: 'another secret of thirty-two bytes' })), 'Token is not signed with the right key'));
  test('that was changed after signing', () => {
    const [head, , signature] = token({ role: ANN }).split('.');
    return refused(withToken(`${head}.${token({ role: BOB }).split('.')[1]}.${signature}`), 'Token is not signed with the right key');
  });
  test('signed by nobody', () => refused(withToken(token({ role: ANN }, { alg: 'none' })), 'Token is signed by an algorithm that is not accepted'));
  for (const alg of ['None', 'NONE', 'RS256', 'ES256', '']) {
    test(`of algorithm "${alg}"`, () => {
      const [, body, signature] = token({ role: ANN }).split('.');
      return refused(withToken(`${Buffer.from(JSON.stringify({ alg })).toString('base64url')}.${body}.${signature}`), 'Token is signed by an algorithm that is not accepted');
    });
  }
  test('that has expired', () => refused(withToken(token({ role: ANN, exp: now() - 1 })), 'Token has expired'));
  test('with an invalid time', () => refused(withToken(token({ role: ANN, exp: 'tomorrow' })), 'Token has an invalid time'));
  test('of the future', () => refused(withToken(token({ role: ANN, nbf: now() + 3600 })), 'Token is not valid yet'));
  test('without a role', () => refused(withToken(token({ sub: ANN })), 'Token names no role'));
  test('whose role is no text', () => refused(withToken(token({ role: 7 })), 'Token names no role'));
  test('whose role is too long', () => refused(withToken(token({ role: 'x'.repeat(64) })), 'Token names a role that cannot exist'));
  test('says in the challenge what is wrong with it', async () => {
    const { headers } = await refused(withToken(token({ role: ANN, exp: now() - 1 })), 'Token has expired');
    assert.equal(headers['www-authenticate'], 'Bearer error="invalid_token", error_description="Token has expired"');
  });
  test('of a role that does not exist', async () => {
    const { status, json } = await as('nobody_here', '/tasks');
    assert.deepEqual([status, json.message], [401, 'role "nobody_here" does not exist']);
  });
  test('of a role that the sidecar may not become', async () => {
    const { status } = await as('xlsx_admin', '/tasks');
    assert.equal(status, 403);
  });
  test('of a superuser', async () => {
    assert.deepEqual([(await as('postgres', '/tasks')).status, (await as('postgres', '/tasks')).json.message], [403, 'role "postgres" is a superuser']);
  });
  test('of a role with quotes in its name is a name, no SQL', async () => {
    assert.equal((await as('x"; DROP TABLE people; --', '/tasks')).status, 401);
  });
  test('never shows in the log', async () => {
    assert.doesNotMatch(server.log, /eyJ|access_token/);
    assert.doesNotMatch(server.log, new RegExp(SECRET));
  });
  test('is not asked for where the sidecar tells about itself', async () => {
    for (const path of ['/healthz', '/readyz', '/metrics']) assert.equal((await call(path)).status, 200);
  });
});

describe('keys', () => {
  async function withKey(pair, alg) {
    const file = join(folder, `${alg}.pem`);
    writeFileSync(file, pair.publicKey.export({ type: 'spki', format: 'pem' }));
    const notifier = await Notifier.start({ 'database-url': db.url, 'jwt-public-key': file, 'jwt-role-claim': 'db_role', 'jwt-audience': 'imports' });
    const status = async (text) => (await call(`${BASE}/tasks`, { url: notifier.url, headers: { authorization: `Bearer ${text}` } })).status;
    const claims = { db_role: ANN, aud: ['other', 'imports'] };
    assert.equal(await status(token(claims, { alg, key: pair.privateKey })), 200);
    assert.equal(await status(token({ ...claims, aud: 'imports' }, { alg, key: pair.privateKey })), 200);
    assert.equal(await status(token({ ...claims, aud: 'other' }, { alg, key: pair.privateKey })), 401);
    assert.equal(await status(token({ db_role: ANN }, { alg, key: pair.privateKey })), 401);
    assert.equal(await status(token({ role: ANN, aud: 'imports' }, { alg, key: pair.privateKey })), 401);
    // The public key is public: it must not do as the secret of an HMAC.
    const pem = pair.publicKey.export({ type: 'spki', format: 'pem' });
    assert.equal(await status(token(claims, { alg: 'HS256', key: pem })), 401);
    assert.equal(await status(token(claims, { alg: 'none' })), 401);
    await notifier.stop();
  }

  test('RSA', () => withKey(generateKeyPairSync('rsa', { modulusLength: 2048 }), 'RS256'));
  test('EC', () => withKey(generateKeyPairSync('ec', { namedCurve: 'P-256' }), 'ES256'));

  const start = (...args) => new Promise((resolve) => {
    execFile(join(root, 'build/pg_xlsx_notifier'), ['--port=0', `--database-url=${db.url}`, ...args], { timeout: 10000 }, (error, stdout, stderr) => resolve({ code: error?.code, stderr }));
  });
  test('that are too short are refused', async () => {
    const { code, stderr } = await start('--jwt-secret=short');
    assert.equal(code, 1);
    assert.match(stderr, /jwt-secret must have at least 32 bytes/);
  });
  test('that are no public key are refused', async () => {
    const file = join(folder, 'none.pem');
    writeFileSync(file, 'no key');
    assert.match((await start(`--jwt-public-key=${file}`)).stderr, /holds no RSA or EC public key/);
    assert.match((await start('--jwt-public-key=/nowhere')).stderr, /could not open/);
  });
  test('without one it listens on the loopback address only, unless it is told to', async () => {
    const { code, stderr } = await start('--listen=0.0.0.0');
    assert.equal(code, 2);
    assert.match(stderr, /refusing to listen on 0\.0\.0\.0 without a key/);
    for (const settings of [{ 'allow-open': 'on' }, { 'jwt-secret': SECRET }]) {
      const notifier = await Notifier.start({ 'database-url': db.url, listen: '0.0.0.0', ...settings });
      if (settings['allow-open']) await notifier.logged(/open: no key is set/);
      await notifier.stop();
    }
  });
});

describe('two users', () => {
  let annsTask;
  let bobsTask;
  before(async () => {
    annsTask = await imported(ANN, people(5, (i) => (i === 2 ? 1 : undefined)));
    bobsTask = await imported(BOB, people(3));
  });

  test('see their own tasks', async () => {
    assert.deepEqual((await as(ANN, '/tasks')).json.data.map(({ id }) => id), [annsTask]);
    assert.deepEqual((await as(BOB, '/tasks')).json.data.map(({ id }) => id), [bobsTask]);
    assert.equal((await as(BOB, '/tasks')).json.meta.total, 1);
    assert.equal((await as(ANN, `/tasks/${annsTask}`)).json.errorCount, 1);
  });

  const routes = [
    ['GET', '/tasks/:id'], ['GET', '/tasks/:id/errors'], ['GET', '/tasks/:id/events'], ['GET', '/get-validation-errors-by-task-id/:id'],
    ['POST', '/tasks/:id/retry'], ['POST', '/tasks/:id/cancel'], ['DELETE', '/tasks/:id'], ['DELETE', '/delete-task-by-id/:id'],
  ];
  for (const [method, route] of routes) {
    test(`${method} ${route} of the other: 404`, async () => {
      const { status, json } = await as(BOB, route.replace(':id', annsTask), { method });
      assert.deepEqual([status, json.message], [404, `Task with ID ${annsTask} not found`]);
    });
  }

  test('own errors and their workbook', async () => {
    assert.equal((await as(ANN, `/tasks/${annsTask}/errors`)).json.data.length, 1);
    const { status, headers, body } = await as(ANN, `/get-validation-errors-by-task-id/${annsTask}`);
    assert.deepEqual([status, headers['content-type'], body.subarray(0, 2).toString()], [200, XLSX, 'PK']);
  });

  test('join their own rooms', async () => {
    const { socket, inbox } = await connect({ token: token({ role: ANN }) });
    socket.emit('join-task', { taskId: bobsTask });
    const [event, data] = await inbox.next();
    assert.deepEqual([event, data.message], ['exception', `Task with ID ${bobsTask} not found`]);
    socket.emit('join-task', { taskId: annsTask });
    assert.deepEqual(await inbox.next(), ['joined-task', { taskId: annsTask }]);
    assert.equal((await inbox.next())[0], 'task-completed');
    socket.close();
  });

  test('follow their own streams', async () => {
    const stream = await EventStream.open(`${server.url}${BASE}/tasks/${annsTask}/events?access_token=${token({ role: ANN })}`);
    assert.equal((await stream.next()).event, 'task-completed');
  });

  test('idempotency keys of one are not the other\'s', async () => {
    const { body, headers } = form([['idempotencyKey', 'same'], ['file', workbook(people(1)), 'a.xlsx']]);
    const first = await as(ANN, '/upload', { method: 'POST', headers, body });
    const second = await as(BOB, '/upload', { method: 'POST', headers, body });
    assert.deepEqual([first.status, second.status], [201, 201]);
    assert.notEqual(first.json.taskId, second.json.taskId);
    await db.query(`SELECT xlsx.wait(${first.json.taskId}), xlsx.wait(${second.json.taskId})`);
  });

  test('one connection of the pool serves both, one after the other, and forgets each', async () => {
    const single = await Notifier.start({ 'database-url': db.url, 'jwt-secret': SECRET, 'pool-size': 1 });
    for (let i = 0; i < 10; i++) {
      const role = i % 2 ? ANN : BOB;
      const { json } = await call(`${BASE}/tasks`, { url: single.url, headers: bearer(role) });
      assert.ok(json.data.every(({ id }) => (i % 2 ? id !== bobsTask : id !== annsTask)));
      assert.equal((await call(`${BASE}/tasks/999999`, { url: single.url, headers: bearer(role) })).status, 404);
      assert.equal((await call(`${BASE}/tasks`, { url: single.url, headers: bearer('nobody_here') })).status, 401);
    }
    await single.stop();
  });

  test('delete their own', async () => {
    assert.equal((await as(BOB, `/tasks/${bobsTask}`, { method: 'DELETE' })).status, 200);
    assert.equal((await as(BOB, `/tasks/${bobsTask}`)).status, 404);
    assert.equal((await as(ANN, `/tasks/${annsTask}`)).status, 200);
  });
});

describe('Socket.IO', () => {
  test('needs a token for each namespace', async () => {
    assert.equal((await connect(undefined)).error.message, 'Send a token: auth: {token}');
    assert.equal((await connect({ token: 7 })).error.message, 'Send a token: auth: {token}');
    assert.equal((await connect({ token: 'x' })).error.message, 'Token is malformed');
    assert.equal((await connect({ token: token({ role: ANN, exp: now() - 5 }) })).error.message, 'Token has expired');
    assert.equal((await connect(undefined, server.url, '/')).error.message, 'Send a token: auth: {token}');
    assert.equal((await connect({ token: token({ role: ANN }) })).error, undefined);
  });

  test('disconnects a client whose token expires, and others stay', async () => {
    const task = (await db.query(`SET ROLE ${ANN}; SELECT xlsx.submit('people', '\\x504b0304'::bytea, 'idle.xlsx', run_at => now() + '1 day')`));
    const short = await connect({ token: token({ role: ANN, exp: now() + 2 }) });
    const long = await connect({ token: token({ role: ANN, exp: now() + 600 }) });
    assert.equal((await short.inbox.next())[0], 'token-expiring');
    for (const { socket, inbox } of [short, long]) {
      socket.emit('join-task', { taskId: task });
      await inbox.take(2);
    }
    const [reason] = await once(short.socket, 'disconnect');
    assert.equal(reason, 'io server disconnect');
    assert.equal((await short.inbox.next())[1].code, 'token_expired');
    await db.emit(task, 'task-progress', { phase: 'SAVING', progress: 1 });
    assert.equal((await long.inbox.next())[1].phase, 'SAVING');
    assert.equal(short.inbox.size, 0);
    long.socket.close();
  });

  test('a stream ends with its token', async () => {
    const task = (await db.query(`SET ROLE ${ANN}; SELECT xlsx.submit('people', '\\x504b0304'::bytea, 'idle.xlsx', run_at => now() + '1 day')`));
    const stream = await EventStream.open(`${server.url}${BASE}/tasks/${task}/events?access_token=${token({ role: ANN, exp: now() + 2 })}`);
    assert.equal(await stream.ended, true);
  });

  test('catches up under the role of one who listens', async () => {
    const task = (await db.query(`SET ROLE ${ANN}; SELECT xlsx.submit('people', '\\x504b0304'::bytea, 'idle.xlsx', run_at => now() + '1 day')`));
    const { socket, inbox } = await connect({ token: token({ role: ANN }) });
    socket.emit('join-task', { taskId: Number(task) });
    await inbox.take(2);
    const session = db.session();
    await session.run('BEGIN');
    await session.run(`UPDATE xlsx_private.task SET seq = seq + 10 WHERE id = ${task}`);
    await session.run(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query = 'SELECT xlsx.listen()'`);
    await session.run('COMMIT');
    await session.close();
    const [name] = await inbox.next();
    assert.equal(name, 'task-progress');
    socket.close();
  });
});
