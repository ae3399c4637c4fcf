// The whole interface, used by two users: each sees only their own tasks. The requests are those that openapi.json describes.
// What tells the users apart is given: their roles, or a claim of their tokens.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import { io } from 'socket.io-client';
import { BASE, form, XLSX } from './api.js';
import { atEnd } from './cleanup.js';
import { request } from './engine.js';
import { Inbox } from './inbox.js';
import { root } from './server.js';
import { EventStream } from './stream.js';
import { ANN, BOB } from './tenants.js';
import { bearerOf, token } from './token.js';
import { people, workbook } from './workbook.js';

const doc = JSON.parse(readFileSync(join(root, 'notifier/openapi.json'), 'utf8'));
const TUS = { 'tus-resumable': '1.0.0' };

// create: makes the Tenants. claimsOf: those of the tokens of ANN and BOB. more: further tests, with what they need.
export function strangers({ create, claimsOf, more = () => {} }) {
  let tenants;
  let db;
  let url;
  let ann;      // { done, waiting, upload }: a task with an error, one that waits, an upload half way
  let bob;

  const callers = { [ANN]: bearerOf(claimsOf(ANN)), [BOB]: bearerOf(claimsOf(BOB)), nobody: {} };

  async function call(who, method, path, { headers = {}, body, to = url } = {}) {
    const length = method === 'GET' ? {} : { 'content-length': body?.length ?? 0 };
    const response = await request(to + path, { method, headers: { ...length, ...callers[who], ...headers }, body });
    let json;
    try {
      json = JSON.parse(response.text);
    } catch {
      json = undefined;
    }
    return { ...response, json };
  }

  async function upload(who, fields = [], rows = people(5, (i) => (i === 2 ? 1 : undefined)), to = url) {
    const { headers, body } = form([...fields, ['file', workbook(rows), `${who}.xlsx`]]);
    return call(who, 'POST', `${BASE}/upload`, { headers, body, to });
  }

  async function possessions(who) {
    const done = (await upload(who)).json.taskId;
    await db.query(`SELECT xlsx.wait(${done})`);
    const waiting = (await upload(who, [['runAt', '2100-01-01']])).json.taskId;
    const { headers } = await call(who, 'POST', '/files/', { headers: { ...TUS, 'upload-length': 1000 } });
    const file = headers.location.split('/').at(-1);
    await call(who, 'PATCH', `/files/${file}`, { headers: { ...TUS, 'upload-offset': 0, 'content-type': 'application/offset+octet-stream' }, body: Buffer.from('PK\x03\x04') });
    return { done, waiting, file };
  }

  before(async () => {
    tenants = await create();
    db = tenants.db;
    url = tenants.server.url;
    [ann, bob] = [await possessions(ANN), await possessions(BOB)];
  });
  after(() => tenants.remove());

  // All that a user can see of what is theirs.
  async function sight(who, { done, waiting, file }) {
    const texts = [];
    for (const path of [`/tasks`, `/tasks/${done}`, `/tasks/${waiting}`, `/tasks/${done}/errors`, `/tasks/${done}/errors/summary`, `/tasks/${done}/report`]) {
      const { status, text } = await call(who, 'GET', BASE + path);
      assert.equal(status, 200, path);
      texts.push(text);
    }
    const { status, headers } = await call(who, 'HEAD', `/files/${file}`, { headers: TUS });
    return [...texts, status, headers['upload-offset'], await db.query(`SELECT count(*) FROM people WHERE task_id = ${done}`)];
  }

  // Every route, as "METHOD /path"; those without security are for everybody.
  const routes = Object.entries(doc.paths).flatMap(([path, operations]) => Object.entries(operations)
    .filter(([method]) => ['get', 'post', 'put', 'patch', 'delete', 'head', 'options'].includes(method))
    .map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, method: method.toUpperCase(), path, isOpen: operation.security?.length === 0 })));
  const ofTask = routes.filter(({ path }) => path.includes('{taskId}'));
  const ofFile = routes.filter(({ path }) => path.includes('{uploadId}'));
  const bases = doc.servers.map((server) => server.url);
  const at = (base, path) => (path.startsWith('/files') || ['/healthz', '/readyz', '/metrics', '/openapi.json', '/asyncapi.json'].includes(path) ? path : base + path);

  test('every route is played here', () => {
    const others = routes.filter((route) => !route.isOpen && !ofTask.includes(route) && !ofFile.includes(route)).map(({ name }) => name);
    assert.deepEqual(others.sort(), ['GET /duplicates', 'GET /profiles', 'GET /profiles/{name}/schema', 'GET /profiles/{name}/template', 'GET /tasks', 'GET /tasks/events', 'POST /files/', 'POST /preview', 'POST /upload', 'PUT /upload']);
    assert.ok(ofTask.length >= 11 && ofFile.length === 3);
  });

  describe('without a token', () => {
    for (const { name, method, path, isOpen } of routes) {
      test(`${name}: ${isOpen ? 'answered' : '401'}`, async () => {
        for (const base of bases) {
          const { status } = await call('nobody', method, at(base, path).replace('{taskId}', ann.done).replace('{uploadId}', ann.file).replace('{name}', 'people'), { headers: TUS });
          assert.ok(isOpen ? status === 200 || status === 204 : status === 401, `${status}`);
        }
      });
    }
  });

  describe('what is the other\'s', () => {
    let before;
    test('can be seen by its owner', async () => { before = await sight(ANN, ann); });

    for (const { name, method, path } of ofTask) {
      test(`${name}: 404, as if it were not there`, async () => {
        for (const base of bases) {
          for (const task of [ann.done, ann.waiting]) {
            const { status, json } = await call(BOB, method, at(base, path).replace('{taskId}', task));
            assert.deepEqual([status, json.message], [404, `Task with ID ${task} not found`]);
          }
        }
      });
    }

    for (const { name, method, path } of ofFile) {
      test(`${name}: 404`, async () => {
        const { status, text } = await call(BOB, method, path.replace('{uploadId}', ann.file), {
          headers: { ...TUS, 'upload-offset': 4, ...method === 'PATCH' && { 'content-type': 'application/offset+octet-stream' } },
          ...method === 'PATCH' && { body: Buffer.from('evil') },
        });
        assert.equal(status, 404, text);
      });
    }

    test('GET /tasks lists none of it, whatever is asked', async () => {
      for (const query of ['', '?limit=100', '?status=HAS_ERRORS', '?status=PENDING', '?page=2&limit=1']) {
        const { json } = await call(BOB, 'GET', `${BASE}/tasks${query}`);
        assert.ok(json.data.every(({ id }) => [bob.done, bob.waiting].includes(id)), query);
        assert.ok(json.meta.total <= 2, query);
      }
    });

    test('rooms and streams: not joined, not heard', async () => {
      const socket = io(`${url}/upload-xlsx`, { transports: ['websocket'], forceNew: true, reconnection: false, auth: { token: token(claimsOf(BOB)) } });
      atEnd(() => socket.close());
      const inbox = new Inbox();
      socket.onAny((name, data) => inbox.put([name, data]));
      await once(socket, 'connect');
      for (const task of [ann.done, ann.waiting]) {
        socket.emit('join-task', { taskId: task });
        assert.deepEqual(await inbox.next(), ['exception', { status: 'error', message: `Task with ID ${task} not found`, code: 'P0002', retryable: false, taskId: task }]);
      }
      socket.emit('join-task', { taskId: bob.waiting });
      await inbox.take(2);
      await db.emit(ann.waiting, 'task-progress', { phase: 'SAVING' });
      await db.emit(bob.waiting, 'task-progress', { phase: 'SAVING' });
      assert.equal((await inbox.next())[1].taskId, bob.waiting);
      socket.close();
      const stream = await EventStream.open(`${url}${BASE}/tasks/${ann.waiting}/events?access_token=${token(claimsOf(BOB))}`);
      assert.equal(stream.status, 404);
      const many = await EventStream.open(`${url}${BASE}/tasks/events?ids=${ann.waiting},${bob.waiting}&access_token=${token(claimsOf(BOB))}`);
      const events = await many.inbox.take(2);
      assert.deepEqual(events.map(({ event, data }) => [event, data.taskId]).sort(), [['exception', ann.waiting], ['task-progress', bob.waiting]]);
      await db.emit(ann.waiting, 'task-progress', { phase: 'SAVING' });
      await db.emit(bob.waiting, 'task-progress', { phase: 'SAVING' });
      assert.equal((await many.next()).data.taskId, bob.waiting);
      await many.drop();
    });

    test('an idempotency key of hers is nothing to him', async () => {
      const [hers, his] = [await upload(ANN, [['idempotencyKey', 'one']]), await upload(BOB, [['idempotencyKey', 'one']])];
      assert.deepEqual([hers.status, his.status], [201, 201]);
      assert.notEqual(hers.json.taskId, his.json.taskId);
      for (const [who, { taskId }] of [[ANN, hers.json], [BOB, his.json]]) {
        await db.query(`SELECT xlsx.wait(${taskId})`);
        assert.equal((await call(who, 'DELETE', `${BASE}/tasks/${taskId}`)).status, 200);
      }
    });

    test('a file of hers is no duplicate to him', async () => {
      const { headers, body } = form([['file', workbook(people(7)), 'seven.xlsx']]);
      const { taskId } = (await call(ANN, 'POST', `${BASE}/upload`, { headers, body })).json;
      await db.query(`SELECT xlsx.wait(${taskId})`);
      const path = `${BASE}/duplicates?sha256=${createHash('sha256').update(workbook(people(7))).digest('hex')}`;
      assert.equal((await call(ANN, 'GET', path)).json.duplicateOf.taskId, taskId);
      assert.equal((await call(BOB, 'GET', path)).json.duplicateOf, null);
      const his = await call(BOB, 'POST', `${BASE}/upload`, { headers, body });
      assert.deepEqual([his.status, his.json.duplicateOf], [201, undefined]);
      await db.query(`SELECT xlsx.wait(${his.json.taskId})`);
      for (const [who, id] of [[ANN, taskId], [BOB, his.json.taskId]]) assert.equal((await call(who, 'DELETE', `${BASE}/tasks/${id}`)).status, 200);
    });

    test('is as it was', async () => {
      assert.deepEqual((await sight(ANN, ann)).slice(1), before.slice(1));
    });
  });

  describe('what is one\'s own', () => {
    test('can be read, taken back, repeated, ended and removed by its owner', async () => {
      assert.equal((await call(BOB, 'GET', `${BASE}/get-validation-errors-by-task-id/${bob.done}`)).headers['content-type'], XLSX);
      for (const [method, path, expected] of [
        ['GET', `/tasks/${bob.done}/report`, 200], ['POST', `/tasks/${bob.done}/undo`, [200, 409]], ['POST', `/tasks/${bob.waiting}/cancel`, 200],
        ['POST', `/tasks/${bob.waiting}/retry`, 200], ['DELETE', `/delete-task-by-id/${bob.waiting}`, 200], ['DELETE', `/tasks/${bob.done}`, 200],
      ]) {
        const { status, text } = await call(BOB, method, BASE + path);
        assert.ok([expected].flat().includes(status), `${path}: ${status} ${text}`);
      }
      assert.equal((await call(BOB, 'DELETE', `/files/${bob.file}`, { headers: TUS })).status, 204);
      assert.equal((await call(BOB, 'GET', `${BASE}/tasks`)).json.meta.total, 0);
    });
  });

  more({ call, upload, db: () => db });
}
