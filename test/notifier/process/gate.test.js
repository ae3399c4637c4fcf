// Which pages may call a sidecar without a key: pages of this machine and of configured origins, by every protocol.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { BASE, form } from './support/api.js';
import { Database } from './support/cluster.js';
import { raw, request, Socket } from './support/engine.js';
import { Notifier } from './support/notifier.js';
import { root } from './support/server.js';
import { token, SECRET } from './support/token.js';
import { people, workbook } from './support/workbook.js';

const LISTED = 'https://app.example.org';

let db;
let server; // without a key
let listed; // without a key, with names
let any; // without a key, with *
let keyed; // with a key

before(async () => {
  db = await Database.create();
  server = await Notifier.start({ 'database-url': db.url });
  listed = await Notifier.start({ 'database-url': db.url, 'cors-origin': `${LISTED}, http://other.example:8081`, host: 'import.example.org,tls.example.org:8443' });
  any = await Notifier.start({ 'database-url': db.url, 'cors-origin': '*' });
  keyed = await Notifier.start({ 'database-url': db.url, 'jwt-secret': SECRET });
});
after(async () => {
  for (const one of [server, listed, any, keyed]) await one.stop();
  await db.drop();
});

// Every way in, as [name, (server, headers) => { status, headers }].
const file = workbook(people(3));
const plain = (method, path, more = {}, body = undefined) => (on, headers) => (
  request(on.url + path, { method, headers: { 'content-length': body?.length ?? 0, ...more, ...headers }, body }));
const { headers: formHeaders, body: formBody } = form([['file', file, 'people.xlsx']]);
const webSocket = async (on, headers) => {
  const socket = new Socket(`${on.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`, { headers });
  try {
    await socket.opened;
    socket.close();
    return { status: 101, headers: {} };
  } catch (error) {
    return { status: error.status, text: error.text, headers: {} };
  }
};
const ways = [
  ['a page', plain('GET', '/'), 200],
  ['the list of tasks', plain('GET', `${BASE}/tasks`), 200],
  ['a task that is deleted', plain('DELETE', `${BASE}/tasks/999999`), 404],
  ['a task that is cancelled', plain('POST', `${BASE}/tasks/999999/cancel`), 404],
  ['a form', plain('POST', `${BASE}/upload`, formHeaders, formBody), 201],
  ['a body', plain('PUT', `${BASE}/upload`, { 'content-type': 'application/octet-stream' }, file), 201],
  ['a preview', plain('POST', `${BASE}/preview`, formHeaders, formBody), 200],
  ['an upload by tus', plain('POST', '/files/', { 'tus-resumable': '1.0.0', 'upload-length': 10 }), 201],
  ['an event stream', plain('GET', `${BASE}/tasks/999999/events`), 404],
  ['Socket.IO by polling', plain('GET', '/socket.io/?EIO=4&transport=polling'), 200],
  ['Socket.IO by WebSocket', webSocket, 101],
  ['a preflight', plain('OPTIONS', `${BASE}/tasks`, { 'access-control-request-method': 'DELETE' }), 204],
  ['metrics', plain('GET', '/metrics'), 200],
];

// Numbers given out, not rows: those of earlier uploads may be swept meanwhile.
const counted = () => db.query('SELECT (SELECT last_value FROM xlsx_private.task_id_seq) || \' \' || (SELECT last_value FROM xlsx_private.file_id_seq)');

async function allRefuse(on, headers, message, except = []) {
  const before = await counted();
  for (const [name, call] of ways) {
    if (except.includes(name)) continue;
    const { status, text, headers: answer } = await call(on, headers);
    assert.equal(status, 403, `${name}: ${status} ${text}`);
    assert.equal(answer['access-control-allow-origin'], undefined, name);
    const { message: said, error, statusCode } = JSON.parse(text);
    assert.deepEqual([said, error, statusCode], [message, 'Forbidden', 403], name);
  }
  assert.equal(await counted(), before);
}

async function allAnswer(on, headers, origin) {
  for (const [name, call, expected] of ways) {
    const { status, text, headers: answer } = await call(on, headers);
    assert.equal(status, expected, `${name}: ${text}`);
    if (origin !== undefined && name !== 'Socket.IO by WebSocket') assert.equal(answer['access-control-allow-origin'], origin, name);
  }
}

const ORIGIN = 'Pages of this origin may not call';
const HOST = 'This server is not known by this host name';

describe('without a key', () => {
  for (const origin of ['http://evil.example', 'https://evil.example', 'null', 'http://localhost.evil.example', 'http://127.0.0.1.evil.example', 'http://127.evil.example',
    'http://localhost@evil.example', 'http://evil.example/localhost', 'file://', 'chrome-extension://localhost', 'http://128.0.0.1', 'http://[::2]', 'http://127.0.0.1:', 'http://127.1.1.256',
    'http://localhost:99999', LISTED]) {
    test(`pages of ${origin} are refused by every way in`, () => allRefuse(server, { origin }, ORIGIN));
  }

  for (const origin of ['http://localhost:3000', 'http://127.0.0.1:5173', 'https://localhost', 'http://[::1]:8080', 'http://127.255.0.1', 'HTTP://LOCALHOST:1']) {
    test(`pages of ${origin} are answered`, () => allAnswer(server, { origin }, origin));
  }

  for (const host of ['evil.example', 'evil.example:80', 'localhost.evil.example', '127.0.0.1.evil.example', '10.0.0.1', '[::2]:80', 'localhost:', 'a b']) {
    test(`a request to the host "${host}" is refused, whatever its origin`, async () => {
      await allRefuse(server, { host }, HOST);
      await allRefuse(server, { host, origin: `http://${host}` }, HOST);
      await allRefuse(server, { host, origin: 'http://localhost' }, HOST);
    });
  }

  test('a program that names no origin is answered, by every name of this machine', async () => {
    for (const host of ['localhost', 'LOCALHOST:80', '127.0.0.1:8080', '127.0.0.2', '[::1]', '[::1]:8080']) await allAnswer(server, { host });
    assert.match(await raw(server.port, 'GET /healthz HTTP/1.0\r\n\r\n'), /^HTTP\/1.1 200 /);
  });

  test('forms of other sites that hide their origin are refused', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/octet-stream']) {
      for (const sign of [{ 'sec-fetch-site': 'cross-site' }, { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }, { origin: 'null' },
        { referer: 'http://evil.example/page' }, { referer: 'http://localhost.evil.example/' }]) {
        for (const path of [`${BASE}/upload`, `${BASE}/preview`, `${BASE}/tasks/999999/cancel`, '/files/', '/socket.io/?EIO=4&transport=polling&sid=x']) {
          const { status } = await request(server.url + path, { method: 'POST', headers: { 'content-type': type, ...sign, 'content-length': 3 }, body: 'a=b' });
          assert.equal(status, 403, `${path} ${type} ${JSON.stringify(sign)}`);
        }
      }
    }
  });

  test('what other sites embed is refused; a link shows the page, and nothing else', async () => {
    await allRefuse(server, { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }, ORIGIN);
    await allRefuse(server, { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }, ORIGIN, ['a page']);
    assert.equal((await request(`${server.url}/`, { headers: { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' } })).status, 200);
    await allAnswer(server, { 'sec-fetch-site': 'same-origin' });
    await allAnswer(server, { 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate' });
    await allAnswer(server, { 'sec-fetch-site': 'cross-site', referer: 'http://localhost:3000/' });
  });

  test('the answer comes before the body, and the database is not asked', async () => {
    const closed = await Notifier.start({ 'database-url': 'postgresql://127.0.0.1:1/none' });
    await allRefuse(closed, { origin: 'http://evil.example' }, ORIGIN);
    const answer = await raw(closed.port, `POST ${BASE}/upload HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.example\r\nContent-Type: application/octet-stream\r\n`
      + 'Expect: 100-continue\r\nContent-Length: 1000000\r\n\r\n', { until: /\}$/ });
    assert.match(answer, /^HTTP\/1\.1 403 Forbidden\r\n/);
    await closed.stop();
  });

  test('the refusal says what was wrong, and which setting is about it', async () => {
    const { text } = await request(`${server.url}${BASE}/tasks`, { headers: { origin: 'http://evil.example' } });
    assert.deepEqual(JSON.parse(text), {
      message: ORIGIN, error: 'Forbidden', statusCode: 403, detail: 'The header Origin is "http://evil.example".', hint: 'Name the origin in the setting cors-origin.',
    });
    const { text: host } = await request(`${server.url}${BASE}/tasks`, { headers: { host: 'evil.example' } });
    assert.deepEqual(JSON.parse(host), {
      message: HOST, error: 'Forbidden', statusCode: 403, detail: 'The header Host is "evil.example".', hint: 'Name the host in the setting host.',
    });
  });
});

describe('with names', () => {
  test('origins of cors-origin are answered, those that only look like them are not', async () => {
    await allAnswer(listed, { origin: LISTED }, LISTED);
    await allAnswer(listed, { origin: 'http://other.example:8081' }, 'http://other.example:8081');
    await allAnswer(listed, { origin: 'http://localhost:3000' }, 'http://localhost:3000');
    for (const origin of ['http://app.example.org', `${LISTED}:444`, `${LISTED}.evil.example`, 'http://other.example', 'https://sub.app.example.org', `${LISTED}, http://localhost`]) {
      await allRefuse(listed, { origin }, ORIGIN);
    }
  });

  test('hosts of host and of cors-origin are known, and their own pages may call', async () => {
    await allAnswer(listed, { host: 'import.example.org' });
    await allAnswer(listed, { host: 'import.example.org', origin: 'https://import.example.org' }, 'https://import.example.org');
    await allAnswer(listed, { host: 'import.example.org', 'sec-fetch-site': 'same-origin' });
    await allAnswer(listed, { host: 'tls.example.org:8443', origin: 'https://tls.example.org:8443' }, 'https://tls.example.org:8443');
    await allAnswer(listed, { host: 'app.example.org', origin: LISTED }, LISTED);
    await allRefuse(listed, { host: 'import.example.org', origin: 'https://import.example.org:9000' }, ORIGIN);
    await allRefuse(listed, { host: 'tls.example.org' }, HOST);
    await allRefuse(listed, { host: 'example.org' }, HOST);
    await allRefuse(listed, { host: 'import.example.org', 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'no-cors' }, ORIGIN);
  });

  test('pages of origins that are listed may send their cookies, and no others', async () => {
    const credentials = async (on, headers) => {
      const answers = [];
      for (const [name, call] of ways) {
        if (name !== 'Socket.IO by WebSocket') answers.push((await call(on, headers)).headers['access-control-allow-credentials']);
      }
      assert.equal(new Set(answers).size, 1, `${JSON.stringify(headers)}: ${answers}`);
      return answers[0];
    };
    const listedWithKey = await Notifier.start({ 'database-url': db.url, 'jwt-secret': SECRET, 'cors-origin': LISTED });
    assert.equal(await credentials(listed, { origin: LISTED }), 'true');
    assert.equal(await credentials(listedWithKey, { origin: LISTED }), 'true');
    assert.equal(await credentials(listed, { origin: 'http://localhost:3000' }), undefined);
    assert.equal(await credentials(listed, { origin: 'http://evil.example' }), undefined);
    assert.equal(await credentials(listed, {}), undefined);
    assert.equal(await credentials(any, { origin: LISTED }), undefined);
    assert.equal(await credentials(keyed, { origin: LISTED }), undefined);
    await listedWithKey.stop();
  });

  test('* lets every page in, where it was written', async () => {
    await allAnswer(any, { origin: 'http://evil.example' }, '*');
    await allAnswer(any, { origin: 'null', host: 'evil.example' }, '*');
  });

  for (const [setting, value] of [['cors-origin', 'app.example.org'], ['cors-origin', 'https://app.example.org/'], ['cors-origin', '*, https://app.example.org'], ['cors-origin', 'null'],
    ['host', 'https://import.example.org'], ['host', 'import.example.org/'], ['host', '*']]) {
    test(`--${setting}=${value} is refused`, () => {
      const { status, stderr } = spawnSync(join(root, 'build/pg_xlsx_notifier'), [`--${setting}=${value}`], { encoding: 'utf8' });
      assert.equal(status, 2);
      assert.match(stderr, new RegExp(`^invalid value for ${setting}: `));
    });
  }
});

describe('with a key', () => {
  const authorization = `Bearer ${token({ role: 'nobody_at_all' })}`;

  test('a token is what counts: any origin and any host', async () => {
    for (const headers of [{ origin: 'http://evil.example' }, { origin: 'null' }, { host: 'import.example.org', 'sec-fetch-site': 'cross-site' }]) {
      const { status, headers: answer } = await request(`${keyed.url}${BASE}/tasks`, { headers });
      assert.deepEqual([status, answer['access-control-allow-origin']], [401, '*']);
    }
  });

  test('where origins and hosts are named, no others', async () => {
    const narrow = await Notifier.start({ 'database-url': db.url, 'jwt-secret': SECRET, 'cors-origin': LISTED, host: '127.0.0.1' });
    const status = async (headers) => (await request(`${narrow.url}${BASE}/tasks`, { headers: { authorization, ...headers } })).status;
    assert.equal(await status({}), 401); // no such role
    assert.equal(await status({ origin: 'http://localhost:3000' }), 403);
    assert.equal(await status({ origin: 'http://evil.example' }), 403);
    assert.equal(await status({ host: 'evil.example' }), 403);
    await narrow.stop();
  });
});

test('a host named twice is refused', async () => {
  const answer = await raw(server.port, 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nConnection: close\r\n\r\n');
  assert.match(answer, /^HTTP\/1\.1 40[03] /);
});

