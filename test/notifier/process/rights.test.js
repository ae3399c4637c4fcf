// Rights while connected: taken away, expired, renewed.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import { io } from 'socket.io-client';
import { BASE } from './support/api.js';
import { request } from './support/engine.js';
import { Member } from './support/member.js';
import { Notifier } from './support/notifier.js';
import { Proxy } from './support/proxy.js';
import { root } from './support/server.js';
import { EventStream } from './support/stream.js';
import { ANN, BOB, Tenants } from './support/tenants.js';
import { now, SECRET, token } from './support/token.js';

let tenants;
let db;
let proxy;
let server;

before(async () => {
  tenants = await Tenants.create();
  ({ db } = tenants);
  proxy = await Proxy.start(db.env);
  server = await start({ 'rights-interval': '1s' });
});
after(async () => {
  await server.stop();
  proxy.close();
  await tenants.remove();
});

const start = (settings = {}, options) => Notifier.start({ 'database-url': proxy.through(tenants.url), 'jwt-secret': SECRET, ...settings }, options);

// A task of ann's.
const idle = async () => Number(await db.query(`SET ROLE ${ANN}; SELECT xlsx.submit('people', '\\x504b0304'::bytea, 'idle.xlsx', run_at => now() + '1 day')`));
const connect = (claims, url = server.url, options = {}) => Member.connect(io, url, { auth: { token: token(claims) }, ...options });
const stream = (task, claims, url = server.url) => EventStream.open(`${url}${BASE}/tasks/${task}/events?access_token=${token(claims)}`);
const give = (task, role) => db.query(`UPDATE xlsx_private.task SET owner = '${role}'::regrole WHERE id = ${task}`);

const refusal = async (claims, url = server.url) => {
  const error = await connect(claims, url, { reconnection: false }).then(() => undefined, (e) => e);
  return [error?.message, error?.data];
};

describe('a token that names a role', { timeout: 60000 }, () => {
  test('which does not exist is refused with the reason', async () => {
    assert.deepEqual(await refusal({ role: 'no"body' }), ['role "no"body" does not exist', { statusCode: 401, code: '28000', retryable: false }]);
  });
  test('which is a superuser is refused with the reason', async () => {
    assert.deepEqual(await refusal({ role: 'postgres' }), ['role "postgres" is a superuser', { statusCode: 403, code: '42501', retryable: false }]);
  });
  test('which may not be taken is refused with the reason', async () => {
    const [message, data] = await refusal({ role: 'xlsx_admin' });
    assert.match(message, /^permission denied to set role "xlsx_admin"$/);
    assert.deepEqual(data, { statusCode: 403, code: '42501', retryable: false });
  });
  test('says what else is wrong in the same form', async () => {
    assert.deepEqual(await refusal({ role: ANN, exp: now() - 5 }), ['Token has expired', { statusCode: 401, code: 'token_expired', retryable: false }]);
    assert.deepEqual(await refusal({}), ['Token names no role', { statusCode: 401, code: 'token_refused', retryable: false }]);
  });
  test('comes in while the database is away, and goes when it is not what it should be', async () => {
    await proxy.refuse();
    proxy.reset();
    const [good, bad] = await Promise.all([connect({ role: ANN }), connect({ role: 'nobody_here' }, server.url, { reconnection: false })]);
    await proxy.accept();
    const [event, data] = await bad.next();
    assert.deepEqual([event, data.message, data.code], ['exception', 'role "nobody_here" does not exist', '28000']);
    const task = await idle();
    assert.equal((await good.join(task))[0], 'task-progress');
    good.close();
  });
});

describe('a right that is taken away', { timeout: 60000 }, () => {
  test('ends the place in a room and the stream, with a word', async () => {
    const task = await idle();
    const member = await connect({ role: ANN });
    await member.join(task);
    const open = await stream(task, { role: ANN });
    await open.next();
    await give(task, BOB);
    const exception = { status: 'error', message: `Task with ID ${task} not found`, code: 'P0002', retryable: false, taskId: task };
    assert.deepEqual(await member.next(), ['exception', exception]);
    const { event, data } = await open.next();
    assert.deepEqual([event, data], ['exception', exception]);
    assert.equal(await open.ended, true);
    await db.emit(task, 'task-progress', { phase: 'SAVING', progress: 1 });
    assert.deepEqual(await member.rest(), []);
    member.close();
  });

  test('is asked for when a member joins again', async () => {
    const slow = await start();
    const task = await idle();
    const member = await connect({ role: ANN }, slow.url);
    await member.join(task);
    await give(task, BOB);
    member.socket.emit('join-task', { taskId: task });
    assert.equal((await member.next())[0], 'exception');
    await db.emit(task, 'task-progress', { phase: 'SAVING', progress: 1 });
    assert.deepEqual(await member.rest(), []);
    member.close();
    await slow.stop();
  });

  test('takes nothing from those who have it, whoever joined last', async () => {
    const slow = await start();
    const task = await idle();
    await give(task, ANN);
    await db.query(`GRANT ${ANN} TO ${BOB}`);     // so that bob sees it, for now
    const [ann, bob] = [await connect({ role: ANN }, slow.url), await connect({ role: BOB }, slow.url)];
    await ann.join(task);
    await bob.join(task);
    await db.query(`REVOKE ${ANN} FROM ${BOB}`);
    proxy.reset();
    await db.query(`SELECT xlsx.cancel(${task})`);
    assert.equal((await ann.until('task-failed')).taskId, task);
    assert.equal((await bob.next())[0], 'exception');
    ann.close();
    bob.close();
    await slow.stop();
  });

  test('is read once for a room and an identity, however many there are', async () => {
    const task = await idle();
    const members = [];
    for (let i = 0; i < 6; i++) members.push(await connect({ role: ANN, sub: i % 2 ? 'a' : 'b', jti: String(i), exp: now() + 600 + i }));
    for (const member of members) await member.join(task);
    await db.query('CREATE TABLE IF NOT EXISTS looks (at timestamptz)');
    await db.query('GRANT INSERT ON looks TO PUBLIC');
    const definition = await db.query("SELECT pg_get_functiondef('xlsx_rest.rest_snapshot(text)'::regprocedure)");
    const parameters = await db.query("SELECT pg_get_function_arguments('xlsx_rest.rest_snapshot(text)'::regprocedure)");
    await db.query(`CREATE OR REPLACE FUNCTION xlsx_rest.rest_snapshot(${parameters}) LANGUAGE plpgsql AS $f$
      BEGIN INSERT INTO public.looks VALUES (clock_timestamp()); event := 'task-progress'; data := json_build_object('seq', 0, 'taskId', $1::int); END $f$`);
    await db.query('TRUNCATE looks');
    while (await db.query('SELECT count(*) FROM looks') < 4);
    const times = (await db.query('SELECT extract(epoch FROM max(at) - min(at)) FROM looks'));
    assert.ok(Number(times) >= 0.5, `four looks of two identities are two rounds, ${times} s apart`);
    await db.query(definition);
    for (const member of members) member.close();
  });
});

describe('a token that expires', { timeout: 60000 }, () => {
  test('is announced a minute before, and a fresh one keeps the connection', async () => {
    const task = await idle();
    const end = now() + 62;
    const member = await connect({ role: ANN, exp: end });
    await member.join(task);
    const [event, data] = await member.next();
    assert.deepEqual([event, data], ['token-expiring', { expiresAt: new Date(end * 1000).toISOString() }]);
    assert.ok(Date.now() / 1000 - (end - 60) < 1.5);
    const answer = await new Promise((resolve) => member.socket.emit('auth', { token: token({ role: ANN, exp: end + 600 }) }, resolve));
    assert.deepEqual(answer, { expiresAt: new Date((end + 600) * 1000).toISOString() });
    member.close();
  });

  test('is announced at once where there is less than a minute, and the end says why', async () => {
    const member = await connect({ role: ANN, exp: now() + 3 }, server.url, { reconnection: false });
    const task = await idle();
    assert.equal((await member.next())[0], 'token-expiring');
    await member.join(task);
    const gone = once(member.socket, 'disconnect');
    assert.deepEqual(await member.next(), ['exception', { status: 'error', message: 'Token has expired', code: 'token_expired', retryable: false }]);
    assert.equal((await gone)[0], 'io server disconnect');
  });

  test('is announced to a stream, and its end says why', async () => {
    const task = await idle();
    const open = await stream(task, { role: ANN, exp: now() + 3 });
    await open.next();
    assert.equal((await open.next()).event, 'token-expiring');
    const { event, data } = await open.next();
    assert.deepEqual([event, data], ['exception', { status: 'error', message: 'Token has expired', code: 'token_expired', retryable: false, taskId: task }]);
    assert.equal(await open.ended, true);
  });

  test('is replaced by a fresh one only when that is good', async () => {
    const member = await connect({ role: ANN, exp: now() + 600 });
    const auth = (claims, options) => new Promise((resolve) => member.socket.emit('auth', { token: token(claims, options) }, resolve));
    assert.equal((await auth({ role: ANN }, { key: 'another secret of thirty-two bytes' })).message, 'Token is not signed with the right key');
    assert.equal((await auth({ role: ANN, exp: now() - 1 })).message, 'Token has expired');
    assert.deepEqual(await auth({ role: 'nobody_here' }), { status: 'error', message: 'role "nobody_here" does not exist', code: '28000', retryable: false });
    member.socket.emit('auth', {});
    assert.deepEqual(await member.next(), ['exception', { status: 'error', message: 'Send a token: auth: {token}', code: 'token_refused', retryable: false }]);
    const task = await idle();
    assert.equal((await member.join(task))[0], 'task-progress', 'the old one still counts');
    member.close();
  });

  test('of somebody else moves the rooms to his rights', async () => {
    const [anns, bobs] = [await idle(), await idle()];
    await give(bobs, BOB);
    const member = await connect({ role: ANN });
    await member.join(anns);
    await new Promise((resolve) => member.socket.emit('auth', { token: token({ role: BOB }) }, resolve));
    const [event, data] = await member.next();
    assert.deepEqual([event, data.taskId, data.code], ['exception', anns, 'P0002']);
    assert.equal((await member.join(bobs))[0], 'task-progress');
    member.close();
  });

  test('expires by the clock on the wall, when that is set or the machine has slept', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'pg_xlsx_clock.'));
    const clock = join(folder, 'clock');
    writeFileSync(clock, '0');
    execFileSync('make', ['-s', 'build/setclock.so'], { cwd: root });
    const slept = await start({}, { env: { LD_PRELOAD: join(root, 'build/setclock.so'), SETCLOCK: clock, ASAN_OPTIONS: 'verify_asan_link_order=0' } });
    const task = await idle();
    const member = await connect({ role: ANN, exp: now() + 3600 }, slept.url, { reconnection: false });
    await member.join(task);
    const open = await stream(task, { role: ANN, exp: now() + 3600 }, slept.url);
    await open.next();
    writeFileSync(clock, '3570');
    assert.equal((await member.next())[0], 'token-expiring');
    assert.equal((await open.next()).event, 'token-expiring');
    writeFileSync(clock, '3601');
    assert.equal((await member.next())[1].code, 'token_expired');
    assert.equal((await open.next()).data.code, 'token_expired');
    assert.equal((await request(`${slept.url}${BASE}/tasks?access_token=${token({ role: ANN, exp: now() + 3600 })}`)).status, 401);
    await slept.stop();
    rmSync(folder, { recursive: true });
  });
});
