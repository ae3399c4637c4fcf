// Engine.IO 4 over polling, request by request.

import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, describe, test } from 'node:test';
import { foreign, Notifier } from './support/notifier.js';
import { Polling, raw, request, SEPARATOR, Socket } from './support/engine.js';

const INTERVAL = 300;
const TIMEOUT = 200;

let server;
let path;

before(async () => {
  server = await Notifier.start({ 'ping-interval': `${INTERVAL}ms`, 'ping-timeout': `${TIMEOUT}ms`, 'max-payload': 100000, 'cors-origin': '*' });
  path = `${server.url}/socket.io/`;
});
after(() => server.stop());

const steady = { 'ping-interval': '1h', 'max-payload': 100000 };

// Whoever is gone is unknown from then on.
async function isGone(session) {
  const response = await request(session.url, { method: 'POST', body: '3' });
  assert.equal(response.status, 400);
  assert.deepEqual(JSON.parse(response.text), { code: 1, message: 'Session ID unknown' });
}

describe('handshake', () => {
  test('opens a session', async () => {
    const response = await request(`${path}?EIO=4&transport=polling`);
    assert.equal(response.status, 200);
    assert.equal(response.headers['content-type'], 'text/plain; charset=UTF-8');
    assert.equal(response.headers['cache-control'], 'no-store');
    assert.equal(response.text[0], '0');
    const open = JSON.parse(response.text.slice(1));
    assert.deepEqual(Object.keys(open).sort(), ['maxPayload', 'pingInterval', 'pingTimeout', 'sid', 'upgrades']);
    assert.match(open.sid, /^[A-Za-z0-9_-]{20,}$/);
    assert.deepEqual(open.upgrades, ['websocket']);
    assert.equal(open.pingInterval, INTERVAL);
    assert.equal(open.pingTimeout, TIMEOUT);
    assert.equal(open.maxPayload, 100000);
  });

  test('parameters may come in any order, with others between', async () => {
    const response = await request(`${path}?t=abc&transport=polling&b64=1&x&y=%20&EIO=4&`);
    assert.equal(response.status, 200);
    assert.equal(response.text[0], '0');
  });

  test('session ids do not repeat', async () => {
    const sids = new Set();
    for (let i = 0; i < 50; i++) sids.add((await Polling.open(server.url)).sid);
    assert.equal(sids.size, 50);
  });

  const faults = [
    ['no transport', 'GET', '?EIO=4', 0, 'Transport unknown'],
    ['an unknown transport', 'GET', '?EIO=4&transport=abc', 0, 'Transport unknown'],
    ['a transport that is a property of every object', 'GET', '?EIO=4&transport=constructor', 0, 'Transport unknown'],
    ['an unknown session', 'GET', '?EIO=4&transport=polling&sid=abc', 1, 'Session ID unknown'],
    ['an unknown session by POST', 'POST', '?EIO=4&transport=polling&sid=abc', 1, 'Session ID unknown'],
    ['a session named like a property of every object', 'GET', '?EIO=4&transport=polling&sid=__proto__', 1, 'Session ID unknown'],
    ['POST without a session', 'POST', '?EIO=4&transport=polling', 2, 'Bad handshake method'],
    ['PUT without a session', 'PUT', '?EIO=4&transport=polling', 2, 'Bad handshake method'],
    ['DELETE without a session', 'DELETE', '?EIO=4&transport=polling', 2, 'Bad handshake method'],
    ['websocket without an upgrade', 'GET', '?EIO=4&transport=websocket', 3, 'Bad request'],
    ['no protocol version', 'GET', '?transport=polling', 5, 'Unsupported protocol version'],
    ['protocol version 3', 'GET', '?EIO=3&transport=polling', 5, 'Unsupported protocol version'],
    ['protocol version 44', 'GET', '?EIO=44&transport=polling', 5, 'Unsupported protocol version'],
    ['a protocol version that is no number', 'GET', '?EIO=abc&transport=polling', 5, 'Unsupported protocol version'],
  ];
  for (const [name, method, query, code, message] of faults) {
    test(`refuses ${name}`, async () => {
      const response = await request(path + query, { method, body: method === 'GET' ? undefined : '' });
      assert.equal(response.status, 400);
      assert.match(response.headers['content-type'], /^application\/json/);
      assert.deepEqual(JSON.parse(response.text), { code, message });
      assert.equal(response.headers['access-control-allow-origin'], '*');
    });
  }

  test('an error closes no session that is open', async () => {
    const session = await Polling.open(server.url);
    await request(`${path}?EIO=4&transport=websocket&sid=${session.sid}`);
    assert.equal((await session.post('3')).status, 200);
  });

  test('refuses the other transport for a session that polls', async () => {
    const session = await Polling.open(server.url);
    const response = await request(`${path}?EIO=4&transport=websocket&sid=${session.sid}`);
    assert.equal(response.status, 400);
    assert.equal(JSON.parse(response.text).code, 3);
  });

  test('refuses polling for a session by WebSocket', async () => {
    const socket = await Socket.open(server.url);
    const response = await request(`${path}?EIO=4&transport=polling&sid=${socket.open.sid}`);
    assert.equal(response.status, 400);
    assert.equal(JSON.parse(response.text).code, 3);
    socket.close();
  });
});

describe('CORS', () => {
  test('a preflight is answered with what it asks for', async () => {
    const response = await request(`${path}?EIO=4&transport=polling`, {
      method: 'OPTIONS',
      headers: { origin: 'http://page', 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type, x-a' },
    });
    assert.equal(response.status, 204);
    assert.equal(response.headers['access-control-allow-origin'], '*');
    assert.match(response.headers['access-control-allow-methods'], /\bPOST\b/);
    assert.equal(response.headers['access-control-allow-headers'], 'content-type, x-a');
  });

  test('every answer carries the origin', async () => {
    const session = await Polling.open(server.url);
    for (const response of [
      await request(`${path}?EIO=4&transport=polling`, { headers: { origin: 'http://page' } }),
      await session.post('3'),
      await session.post('x'),
      await session.get(),
    ]) assert.equal(response.headers['access-control-allow-origin'], '*');
  });

  test('with a list, only origins on it are let in', { skip: foreign }, async () => {
    const other = await Notifier.start({ 'cors-origin': 'http://a.example, http://b.example:8080' });
    const origin = async (value) => {
      const response = await request(`${other.url}/socket.io/?EIO=4&transport=polling`, { headers: value ? { origin: value } : {} });
      assert.match(response.headers.vary, /\bOrigin\b/);
      return response.headers['access-control-allow-origin'];
    };
    assert.equal(await origin('http://b.example:8080'), 'http://b.example:8080');
    assert.equal(await origin('http://a.example'), 'http://a.example');
    assert.equal(await origin('http://b.example'), undefined);
    assert.equal(await origin('http://a.example.evil'), undefined);
    assert.equal(await origin(undefined), undefined);
    await other.stop();
  });
});

describe('packets', () => {
  let calm;
  before(async () => { calm = await Notifier.start(steady); });
  after(() => calm.stop());

  test('a POST answers ok', async () => {
    const session = await Polling.open(calm.url);
    const response = await session.post('40');
    assert.equal(response.status, 200);
    assert.equal(response.text, 'ok');
    assert.equal(response.headers['content-type'], 'text/html');
    const [packet] = await session.packets();
    assert.match(packet, /^40\{"sid":"[\w-]+"\}$/);
  });

  test('several packets may come in one POST, and go in one GET', async () => {
    const session = await Polling.open(calm.url);
    await session.post(['40', '40/upload-xlsx,'].join(SEPARATOR));
    const packets = await session.packets();
    assert.equal(packets.length, 2);
    assert.match(packets[0], /^40\{/);
    assert.match(packets[1], /^40\/upload-xlsx,\{/);
  });

  test('a GET waits until there is something', async () => {
    const session = await Polling.open(calm.url);
    const held = session.hold();
    await held.sent;
    await session.post('40');
    const { status, text } = await held.response;
    assert.equal(status, 200);
    assert.match(text, /^40\{/);
  });

  test('UTF-8 comes and goes', async () => {
    const session = await Polling.open(calm.url);
    await session.post('40/é€😀,');
    assert.deepEqual(await session.packets(), ['44/é€😀,{"message":"Invalid namespace"}']);
  });

  test('a binary packet is taken', async () => {
    const session = await Polling.open(calm.url);
    await session.post('40');
    await session.packets();
    const response = await session.post(['451-["x",{"_placeholder":true,"num":0}]', 'bAQIDBA=='].join(SEPARATOR));
    assert.equal(response.status, 200);
    assert.equal((await session.post('42["y"]')).status, 200);
  });

  test('a body of the largest size is taken, a larger one is not, and the session lives on', async () => {
    const session = await Polling.open(calm.url);
    const ofSize = (size) => `40/${'n'.repeat(100)},{"a":"${'x'.repeat(size - 112)}"}`;
    assert.equal(ofSize(100000).length, 100000);
    assert.equal((await session.post(ofSize(100000))).status, 200);
    assert.equal((await session.post(ofSize(100001))).status, 413);
    assert.equal((await session.packets()).length, 1);
  });

  test('one that is larger by far is refused before it has come', { skip: foreign }, async () => {
    const session = await Polling.open(calm.url);
    const answer = await raw(calm.port, `POST /socket.io/?EIO=4&transport=polling&sid=${session.sid} HTTP/1.1\r\nHost: localhost\r\n`
      + 'Content-Type: text/plain\r\nContent-Length: 3000000000\r\n\r\n4', { until: /\r\n\r\n/ });
    assert.match(answer, /^HTTP\/1.1 413 /);
    assert.equal((await session.post('40')).status, 200);
  });

  test('a chunked body is refused: 411', { skip: foreign }, async () => {
    const session = await Polling.open(calm.url);
    const answer = await raw(calm.port, `POST /socket.io/?EIO=4&transport=polling&sid=${session.sid} HTTP/1.1\r\nHost: localhost\r\n`
      + 'Transfer-Encoding: chunked\r\n\r\n2\r\n40\r\n0\r\n\r\n');
    assert.match(answer, /^HTTP\/1.1 411 /);
    assert.match(answer, /connection: close/i);
    assert.equal((await session.post('40')).status, 200);
  });

  const wrong = [
    ['an unknown type', 'abc'],
    ['nothing', ''],
    ['an empty packet among others', `40${SEPARATOR}`],
    ['a type beyond the last', '7'],
  ];
  for (const [name, body] of wrong) {
    test(`${name} ends the session`, async () => {
      const session = await Polling.open(calm.url);
      const response = await session.post(body).catch(() => ({ status: 400 }));
      if (!foreign) assert.equal(response.status, 400); // the official server means to abort the request, but it has been read
      await isGone(session);
    });
  }

  test('so do bytes', async () => {
    const session = await Polling.open(calm.url);
    const response = await session.post('40', { 'content-type': 'application/octet-stream' });
    assert.equal(response.status, 400);
    await isGone(session);
  });

  test('so does a ping from the client', async () => {
    const session = await Polling.open(calm.url);
    await session.post('2').catch(() => {});
    await isGone(session);
  });

  test('a second GET at a time ends the session, the first one hears of it', async () => {
    const session = await Polling.open(calm.url);
    await session.post('40');
    await session.packets();
    const held = session.hold();
    await held.sent;
    const second = await session.get();
    assert.equal(second.status, 400);
    assert.deepEqual(await held.response, { status: 200, text: '1' });
    await isGone(session);
  });

  test('a second POST at a time ends the session', async () => {
    const session = await Polling.open(calm.url);
    const held = session.hold();
    await held.sent;
    const slow = http.request(session.url, { method: 'POST', headers: { 'content-length': 10 } });
    slow.on('error', () => {});
    const slowEnded = new Promise((resolve) => slow.on('close', resolve));
    await new Promise((resolve) => slow.write('40', resolve));
    const second = await session.post('40');
    assert.equal(second.status, 400);
    assert.deepEqual(await held.response, { status: 200, text: '1' });
    await isGone(session);
    slow.destroy();
    await slowEnded;
  });

  test('a close packet ends a GET that waits with a noop', async () => {
    const session = await Polling.open(calm.url);
    const held = session.hold();
    await held.sent;
    assert.equal((await session.post('1')).text, 'ok');
    assert.deepEqual(await held.response, { status: 200, text: '6' });
    await isGone(session);
  });

  test('packets behind a close are not looked at', async () => {
    const session = await Polling.open(calm.url);
    assert.equal((await session.post(`1${SEPARATOR}40`)).text, 'ok');
    await isGone(session);
  });

  test('a violation of Socket.IO ends the session with a close packet', async () => {
    const session = await Polling.open(calm.url);
    const held = session.hold();
    await held.sent;
    await session.post('42["before connecting"]').catch(() => {});
    assert.deepEqual(await held.response, { status: 200, text: '1' });
    await isGone(session);
  });

  test('a violation while no GET waits is told to the next one', async () => {
    const session = await Polling.open(calm.url);
    await session.post('4x').catch(() => {});
    const packets = await session.packets();
    assert.equal(packets.at(-1), '1');
    await isGone(session);
  });

  test('a GET whose client goes away ends the session', async () => {
    const session = await Polling.open(calm.url);
    const held = session.hold();
    await held.sent;
    // the request has been read for sure when a later one on another connection was answered by it
    await session.post('40');
    await held.response;
    const again = session.hold();
    await again.sent;
    again.drop();
    for (;;) {
      const response = await session.post('3');
      if (response.status === 400) break;
    }
    await isGone(session);
  });
});

describe('heartbeat', () => {
  test('pings come and pongs keep the session', async () => {
    const session = await Polling.open(server.url);
    for (let i = 0; i < 3; i++) {
      assert.deepEqual(await session.packets(), ['2']);
      assert.equal((await session.post('3')).status, 200);
    }
  });

  test('the first ping comes after the interval', async () => {
    const start = Date.now();
    const session = await Polling.open(server.url);
    assert.deepEqual(await session.packets(), ['2']);
    assert.ok(Date.now() - start >= INTERVAL - 5);
  });

  test('without a pong the session ends, and a GET that waits with it', async () => {
    const session = await Polling.open(server.url);
    assert.deepEqual(await session.packets(), ['2']);
    assert.deepEqual(await session.packets(), ['1']);
    await isGone(session);
  });

  test('a session that is never polled ends as well', async () => {
    const session = await Polling.open(server.url);
    const other = await Polling.open(server.url);
    assert.deepEqual(await other.packets(), ['2']);
    assert.deepEqual(await other.packets(), ['1']);
    await isGone(session);
  });
});

describe('connections', { skip: foreign }, () => {
  let calm;
  before(async () => { calm = await Notifier.start(steady); });
  after(() => calm.stop());

  test('one connection serves request after request', async () => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const sockets = new Set();
    agent.on('free', (socket) => sockets.add(socket));
    const url = `${calm.url}/socket.io/?EIO=4&transport=polling`;
    const open = JSON.parse((await request(url, { agent })).text.slice(1));
    for (let i = 0; i < 5; i++) {
      assert.equal((await request(`${url}&sid=${open.sid}`, { agent, method: 'POST', body: '3' })).text, 'ok');
      assert.equal((await request(`${calm.url}/healthz`, { agent })).status, 200);
    }
    assert.equal(sockets.size, 1);
    agent.destroy();
  });

  test('requests behind one that waits are answered in order', async () => {
    const session = await Polling.open(calm.url);
    const get = (path) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n`;
    const answer = raw(calm.port, `${get(`/socket.io/?EIO=4&transport=polling&sid=${session.sid}`)}\r\n`
      + `${get('/healthz')}\r\n${get('/nothing')}Connection: close\r\n\r\n`);
    await session.post('40');
    assert.match(await answer, /40\{"sid".*\{"status":"ok"\}.*Cannot GET \/nothing/s);
  });

  test('GETs that wait cost no processor time, not even when more input comes', async () => {
    const sessions = [];
    for (let i = 0; i < 20; i++) sessions.push(await Polling.open(calm.url));
    const answers = sessions.map((session) => raw(calm.port,
      `GET /socket.io/?EIO=4&transport=polling&sid=${session.sid} HTTP/1.1\r\nHost: localhost\r\n\r\nGET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`));
    await request(`${calm.url}/healthz`);
    const before = calm.processorTime();
    await new Promise((resolve) => setTimeout(resolve, 1000));
    assert.ok(calm.processorTime() - before < 300, `${calm.processorTime() - before} ms`);
    for (const session of sessions) await session.post('40');
    for (const answer of await Promise.all(answers)) assert.match(answer, /40\{.*"status":"ok"/s);
  });
});
