// The description of the REST interface: valid, complete, and true for the live server.

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import Ajv from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { BASE, form, XLSX } from './support/api.js';
import { Database } from './support/cluster.js';
import { request } from './support/engine.js';
import { Notifier } from './support/notifier.js';
import { root } from './support/server.js';
import { bearer, SECRET } from './support/token.js';
import { people, workbook } from './support/workbook.js';

let db;
let server;
let secured;
let doc;
let ajv;
let tasks;

before(async () => {
  db = await Database.create();
  server = await Notifier.start({ 'database-url': db.url, 'docs-root': join(root, 'build/notifier-docs') });
  secured = await Notifier.start({ 'database-url': db.url, 'jwt-secret': SECRET });
  doc = JSON.parse((await request(`${server.url}/openapi.json`)).text);
  ajv = addFormats(new Ajv({ strict: false }));
  ajv.addSchema(doc, 'doc');
  tasks = { good: await imported(people(3)), bad: await imported(people(5, (i) => (i === 2 ? 1 : undefined))) };
});
after(async () => {
  await server.stop();
  await secured.stop();
  await db.drop();
});

const send = (path, { method = 'GET', headers = {}, body, url = server.url } = {}) => (
  request(url + path, { method, headers: { 'content-length': body?.length ?? 0, ...headers }, body }));

async function imported(rows, fields = []) {
  const { headers, body } = form([...fields, ['file', workbook(rows), 'people.xlsx']]);
  const { json, text } = await send(`${BASE}/upload`, { method: 'POST', headers, body }).then((r) => ({ ...r, json: JSON.parse(r.text) }));
  assert.ok(json.taskId, text);
  await db.query(`SELECT xlsx.wait(${json.taskId})`);
  return json.taskId;
}

const resolve = (node) => (node.$ref ? node.$ref.slice(2).split('/').reduce((at, key) => at[key], doc) : node);
const pointer = (...keys) => `doc#/${keys.map((key) => String(key).replaceAll('~', '~0').replaceAll('/', '~1')).join('/')}`;

function conforms(value, ...keys) {
  const validate = ajv.compile({ $ref: pointer(...keys) });
  assert.ok(validate(value), `${keys.join(' ')}: ${JSON.stringify(validate.errors)} in ${JSON.stringify(value)}`);
}

// The answer of the live server is as described, and so is the example.
function described(path, method, status, text) {
  const response = doc.paths[path][method].responses[status];
  assert.ok(response, `${method} ${path} answers ${status}: ${text}`);
  const where = response.$ref ? response.$ref.slice(2).split('/') : ['paths', path, method, 'responses', status];
  const content = resolve(response).content['application/json'];
  const live = JSON.parse(text);
  conforms(live, ...where, 'content', 'application/json', 'schema');
  if (content.example === undefined) return;
  conforms(content.example, ...where, 'content', 'application/json', 'schema');
  for (const name of Object.keys(content.example)) assert.ok(name in live, `${method} ${path}: the example's ${name} is in no answer: ${text}`);
}

test('it is valid OpenAPI 3.1', async () => {
  const { valid, errors } = await new Validator().validate(structuredClone(doc));
  assert.ok(valid, JSON.stringify(errors));
  assert.equal(doc.openapi, '3.1.0');
});

test('it lies under the base paths as well', async () => {
  for (const base of ['/upload-xlsx', BASE]) assert.deepEqual(JSON.parse((await send(`${base}/openapi.json`)).text), doc);
});

test('S-032 S-172 every operation has a name of its own, and every route is described', async () => {
  const ids = Object.values(doc.paths).flatMap((item) => Object.values(item).map(({ operationId }) => operationId).filter(Boolean));
  assert.equal(new Set(ids).size, ids.length);
  const { text } = await send('/');
  for (const [, method, path] of text.matchAll(/^(GET|POST|DELETE) +\/applications\/upload-large-xlsx(\S+)/gm)) {
    const known = path.replace(':taskId', '{taskId}').replace(':name', '{name}');
    assert.ok(doc.paths[known]?.[method.toLowerCase()], `${method} ${known}`);
  }
});

describe('the live server answers as it says', () => {
  const cases = [
    ['/tasks', 'get', 200, () => '/tasks'], ['/tasks', 'get', 400, () => '/tasks?page=0'],
    ['/tasks/{taskId}', 'get', 200, () => `/tasks/${tasks.good}`], ['/tasks/{taskId}', 'get', 404, () => '/tasks/999999'], ['/tasks/{taskId}', 'get', 400, () => '/tasks/x'],
    ['/tasks/{taskId}/errors', 'get', 200, () => `/tasks/${tasks.bad}/errors`], ['/tasks/{taskId}/errors', 'get', 404, () => '/tasks/999999/errors'],
    ['/tasks/{taskId}/rows', 'get', 200, () => `/tasks/${tasks.bad}/rows?after=0`], ['/tasks/{taskId}/rows', 'get', 400, () => `/tasks/${tasks.bad}/rows?after=x`], ['/tasks/{taskId}/rows', 'get', 404, () => '/tasks/999999/rows'],
    ['/tasks/{taskId}/result', 'get', 404, () => '/tasks/999999/result'], ['/tasks/{taskId}/result', 'get', 400, () => '/tasks/x/result'],
    ['/tasks/{taskId}/errors/summary', 'get', 200, () => `/tasks/${tasks.bad}/errors/summary`],
    ['/tasks/{taskId}/report', 'get', 200, () => `/tasks/${tasks.bad}/report`],
    ['/get-validation-errors-by-task-id/{taskId}', 'get', 404, () => `/get-validation-errors-by-task-id/${tasks.good}`],
    ['/tasks/events', 'get', 404, () => '/tasks/events?ids=999999'], ['/tasks/events', 'get', 400, () => '/tasks/events?ids=x'],
    ['/tasks/{taskId}/events', 'get', 404, () => '/tasks/999999/events'],
    ['/tasks/{taskId}/cancel', 'post', 409, () => `/tasks/${tasks.good}/cancel`],
    ['/tasks/{taskId}/retry', 'post', 409, () => `/tasks/${tasks.good}/retry`],
    ['/profiles', 'get', 200, () => '/profiles'], ['/profiles/{name}/template', 'get', 404, () => '/profiles/none/template'],
    ['/upload', 'post', 400, () => '/upload'],
  ];
  for (const [path, method, status, live] of cases) {
    test(`${method.toUpperCase()} ${path}: ${status}`, async () => {
      const answer = await send(BASE + live(), { method: method.toUpperCase() });
      assert.equal(answer.status, status, answer.text);
      described(path, method, status, answer.text);
    });
  }

  for (const path of ['/healthz', '/readyz', '/openapi.json']) {
    test(`GET ${path}: 200`, async () => described(path, 'get', 200, (await send(path)).text));
  }

  test('POST /upload: 201, and 200 with the same key', async () => {
    const { headers, body } = form([['file', workbook(people(2)), 'clean.xlsx']]);
    for (const status of [201, 200]) {
      const answer = await send(`${BASE}/upload`, { method: 'POST', headers: { ...headers, 'idempotency-key': 'described' }, body });
      assert.equal(answer.status, status);
      described('/upload', 'post', status, answer.text);
    }
  });

  test('POST /preview: 200', async () => {
    const answer = await send(`${BASE}/preview`, { method: 'POST', headers: { 'content-type': XLSX }, body: workbook(people(3)) });
    assert.equal(answer.status, 200, answer.text);
    described('/preview', 'post', 200, answer.text);
  });

  test('a task that waits is cancelled, one that was is retried, what it did is taken back, and it is deleted', async () => {
    const task = await db.idleTask();
    for (const [action, method, path] of [['/cancel', 'post', '/tasks/{taskId}/cancel'], ['/retry', 'post', '/tasks/{taskId}/retry'], ['', 'delete', '/tasks/{taskId}']]) {
      const answer = await send(`${BASE}/tasks/${task}${action}`, { method: method.toUpperCase() });
      assert.equal(answer.status, 200, answer.text);
      described(path, method, 200, answer.text);
    }
    const undone = await send(`${BASE}/tasks/${await imported(people(2))}/undo`, { method: 'POST' });
    assert.equal(undone.status, 200, undone.text);
    described('/tasks/{taskId}/undo', 'post', 200, undone.text);
  });

  test('without a token: 401; with the wrong role: 403', async () => {
    const none = await send(`${BASE}/tasks`, { url: secured.url });
    assert.equal(none.status, 401);
    described('/tasks', 'get', 401, none.text);
    const wrong = await send(`${BASE}/upload`, { method: 'POST', url: secured.url, headers: { 'content-type': XLSX, ...bearer('postgres') }, body: workbook(people(1)) });
    assert.equal(wrong.status, 403, wrong.text);
    described('/upload', 'post', 403, wrong.text);
  });

  test('too large: 413; of another version of tus: 412', async () => {
    const large = await send(`${BASE}/upload`, { method: 'POST', headers: { 'content-type': XLSX, 'content-length': 2 ** 40 } }).catch((error) => error);
    if (large.status) described('/upload', 'post', large.status, large.text);
    described('/files/', 'post', 412, (await send('/files/', { method: 'POST' })).text);
  });
});

describe('/docs', () => {
  test('is a page whose parts are all here', async () => {
    const moved = await send('/docs');
    assert.deepEqual([moved.status, moved.headers.location], [308, 'docs/']);
    const page = await send('/docs/');
    assert.equal(page.status, 200);
    assert.match(page.headers['content-type'], /^text\/html/);
    assert.match(page.headers['content-security-policy'], /^default-src '(none|self)';/);
    assert.equal(page.headers['x-content-type-options'], 'nosniff');
    assert.doesNotMatch(page.text, /<script>|style=|https?:/);
    const parts = [...page.text.matchAll(/(?:src|href)="([^".][^"]*)"/g)].map(([, part]) => part);
    assert.ok(parts.length >= 4);
    for (const part of parts) assert.equal((await request(`${server.url}/docs/${part}`)).status, 200, part);
  });

  test('has nothing else', async () => {
    for (const path of ['/docs/../openapi.json', '/docs/.done', '/docs/nothing', '/docsx']) assert.notEqual((await send(path)).text.includes('SwaggerUI'), true);
    assert.ok(readdirSync(join(root, 'build/notifier-docs')).includes('swagger-ui-bundle.js'));
  });
});
