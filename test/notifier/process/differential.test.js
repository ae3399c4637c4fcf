// The sidecar beside the official server: both get the same requests and packets, and must answer alike.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Notifier } from './support/notifier.js';
import { Official } from './support/official.js';
import { Polling, raw, request, SEPARATOR, Socket } from './support/engine.js';

const SETTINGS = { 'cors-origin': '*', 'ping-interval': '1h', 'max-payload': 100000 };
const AT_ONCE = 20;

let ours;
let official;

before(async () => { [ours, official] = await Promise.all([Notifier.start(SETTINGS), Official.start(SETTINGS)]); });
after(() => Promise.all([ours.stop(), official.stop()]));

// Every combination of one item of each list.
const product = (...lists) => lists.reduce((rows, list) => rows.flatMap((row) => list.map((item) => [...row, item])), [[]]);

const withoutSids = (text) => text.replaceAll(/"sid":"[\w-]{20,}"/g, '"sid":"…"');

// Where the two differ, but for what is expected to; some at a time.
async function differences(cases, play, expected = () => false) {
  const found = [];
  const rest = [...cases];
  const work = async () => {
    while (rest.length > 0) {
      const one = rest.shift();
      const [mine, theirs] = await Promise.all([play(ours, ...one), play(official, ...one)]);
      if (JSON.stringify(mine) !== JSON.stringify(theirs) && !expected(one, mine, theirs)) found.push({ one, mine, theirs });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return found;
}

describe('the official server passes the tests of the protocol', () => {
  for (const name of ['engine_polling', 'engine_websocket', 'socketio_protocol']) {
    test(name, async () => {
      const { NODE_TEST_CONTEXT, ...env } = process.env;
      const child = spawn(process.execPath, ['--test', '--test-reporter=tap', join(dirname(fileURLToPath(import.meta.url)), `${name}.test.js`)],
        { env: { ...env, PGXLSX_TEST_TARGET: 'official' } });
      let output = '';
      child.stdout.on('data', (data) => { output += data; });
      const code = await new Promise((resolve) => child.on('close', resolve));
      assert.equal(code, 0, output);
    });
  }
});

// A parameter of the query: undefined, it is not there.
const parameter = (name, value) => (value === undefined ? [] : [`${name}=${value}`]);
const query = (...parameters) => `?${parameters.flat().join('&')}`;

const SESSIONS = ['none', 'empty', 'unknown', 'polling', 'websocket'];

async function openSession(server, kind) {
  switch (kind) {
    case 'empty': return { sid: '' };
    case 'unknown': return { sid: 'abcdefghijklmnopqrst' };
    case 'polling': return { sid: (await Polling.open(server.url)).sid };
    case 'websocket': {
      const socket = await Socket.open(server.url);
      return { sid: socket.open.sid, close: () => socket.close() };
    }
    default: return {};
  }
}

describe('requests', () => {
  const transports = [undefined, '', 'polling', 'websocket', 'abc', 'POLLING', 'polling%20', 'webtransport'];
  const versions = [undefined, '', '3', '4', '04', '4.0', 'x'];

  for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'PATCH']) {
    test(`${method}, by transport, version and session`, async () => {
      const play = async (server, transport, version, kind) => {
        const { sid, close } = await openSession(server, kind);
        // A GET of a session that is good would wait: something is there for it.
        if (kind === 'polling') await new Polling(server.url, { sid }).post('40');
        const answer = await request(`${server.url}/socket.io/${query(parameter('transport', transport), parameter('EIO', version), parameter('sid', sid))}`,
          { method, ...method !== 'GET' && { headers: { 'content-type': 'text/plain', 'content-length': 1 }, body: '3' } });
        close?.();
        return [answer.status, answer.headers['content-type'], answer.headers['cache-control'], answer.headers['access-control-allow-origin'],
          withoutSids(answer.text)];
      };
      // Ours calls a method that means nothing the client's fault.
      const expected = (one, mine, theirs) => mine[0] === 400 && theirs[0] === 500 && !['GET', 'POST'].includes(method);
      // The official server never answers a plain request to a session that is a WebSocket: see engine_websocket.test.js for ours.
      const cases = product(transports, versions, SESSIONS).filter(([transport, version, kind]) => !(transport === 'websocket' && version === '4' && kind === 'websocket'));
      assert.deepEqual(await differences(cases, play, expected), []);
    });
  }

  test('the path, with and without its slash, and beside it', async () => {
    const play = async (server, path) => {
      const { status, text } = await request(`${server.url}${path}?EIO=4&transport=polling`);
      return [status, status === 200 ? withoutSids(text) : ''];
    };
    const paths = ['/socket.io/', '/socket.io/default', '/socket.io/a/b', '/socket.ioo/', '/Socket.io/', '/socket', '/engine.io/'];
    assert.deepEqual(await differences(paths.map((path) => [path]), play), []);
  });

  test('a preflight', async () => {
    const play = async (server, origin, wanted) => {
      const { status, headers, text } = await request(`${server.url}/socket.io/?EIO=4&transport=polling`, {
        method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST', ...wanted && { 'access-control-request-headers': wanted } },
      });
      return [status, headers['access-control-allow-origin'], headers['access-control-allow-headers'], text];
    };
    assert.deepEqual(await differences(product(['http://a.example', 'null'], ['', 'content-type', 'authorization,x-a']), play), []);
  });

  test('WebSockets, by transport and session', async () => {
    const play = async (server, transport, kind) => {
      const { sid, close } = await openSession(server, kind);
      const answer = await raw(server.port, `GET /socket.io/${query('EIO=4', parameter('transport', transport), parameter('sid', sid))} HTTP/1.1\r\nHost: localhost\r\n`
        + 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n', { until: /\r\n\r\n/ });
      close?.();
      return Number(answer.split(' ')[1]);
    };
    // The official server accepts a WebSocket for polling, and closes it at once.
    const expected = ([transport], mine, theirs) => transport === 'polling' && mine === 400 && theirs === 101;
    assert.deepEqual(await differences(product(transports, SESSIONS), play, expected), []);
  });

  test('handshakes of WebSockets that lack something', async () => {
    const headers = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='];
    const play = async (server, missing) => {
      const answer = await raw(server.port, `GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: localhost\r\n`
        + `${headers.filter((_, i) => i !== missing).map((line) => `${line}\r\n`).join('')}\r\n`, { until: /\r\n\r\n/ });
      return Number(answer.split(' ')[1] ?? 400);
    };
    const expected = (one, mine, theirs) => mine >= 400 && theirs >= 400;
    assert.deepEqual(await differences([[-1], [0], [1], [2], [3]], play, expected), []);
  });
});

describe('packets', () => {
  const types = ['0', '1', '2', '3', '4', '51-', '50-', '61-', '7', ''];
  const namespaces = ['', '/', '/,', '/upload-xlsx', '/upload-xlsx,', '/upload-xlsx,,', '/none,', '/upload-xlsx?a=b,'];
  const ids = ['', '0', '12', '007', '1a', '-1', '1234567890123456'];
  const payloads = ['', '[]', '["a"]', '["a",1,{"b":[null]}]', '{}', '{"token":"a"}', '"x"', 'null', '1', 'true', '[null]', '[1]', '[1.5e3]', '["connect"]', '["connect",1]',
    '[["a"]]', '[{}]', '[""]', ' ["a"]', '["a"] ', '["a"]x', '["a', '["a",]', '[\'a\']', '["\\ud800"]', '["\\u0000"]', '["a",{"_placeholder":true,"num":0}]',
    '["a",{"_placeholder":true,"num":-1}]', '["a",{"_placeholder":true,"num":1}]', '["a",{"_placeholder":true}]', '["a",{"_placeholder":"true"}]', '01', '-', '{"a":1,}'];
  // A part of them, spread evenly, that is another one in the next list.
  const every = (list, n) => list.filter((_, i) => i % n === 0);
  const all = product(types, namespaces, ids, payloads).map((parts) => [parts.join('')]);

  // What is answered: packets in any order (the official server lets in a moment later than it refuses), and whether the session lives on.
  const settle = (packets, open) => [packets.filter((packet) => !packet.startsWith('44/none,')).map(withoutSids).sort(), open];

  test('over a WebSocket', async () => {
    const play = async (server, packet) => {
      const socket = await Socket.open(server.url);
      socket.send('40/upload-xlsx,');
      await socket.next();
      socket.send(`4${packet}`);
      if (/^[56]/.test(packet)) socket.send(Buffer.from([1]));
      const packets = [];
      try {
        for (let i = 0; i < 2; i++) {
          socket.send('40/none,');
          do packets.push(await socket.next()); while (packets.at(-1) !== '44/none,{"message":"Invalid namespace"}');
        }
        socket.close();
        return settle(packets, true);
      } catch {
        return settle(packets, false);
      }
    };
    assert.deepEqual(await differences(every(all, 11), play), []);
  });

  test('by polling', async () => {
    const play = async (server, packet) => {
      const polling = await Polling.open(server.url);
      await polling.post('40/upload-xlsx,');
      await polling.packets();
      await polling.post([`4${packet}`, ...(/^[56]/.test(packet) ? ['bAQ=='] : [])].join(SEPARATOR)).catch(() => {});
      const packets = [];
      try {
        for (let i = 0; i < 2; i++) {
          if ((await polling.post('40/none,')).status !== 200) return settle(packets, false);
          do packets.push(...await polling.packets()); while (!packets.includes('44/none,{"message":"Invalid namespace"}'));
        }
        await polling.post('1');
        return settle(packets, true);
      } catch {
        return settle(packets, false);
      }
    };
    assert.deepEqual(await differences(every(all, 29), play), []);
  });

  test('of Engine.IO', async () => {
    const packets = ['', '0', '0{}', '1', '2', '2probe', '3', '3probe', '3x', '5', '6', '7', '8', 'a', 'A', 'b', 'bAQ==', 'b!', ' 3', '\n', '4', '40', '4\u0000'];
    const play = async (server, packet) => {
      const polling = await Polling.open(server.url);
      await polling.post(packet).catch(() => {});
      const { status } = await polling.post('40').catch(() => ({ status: 400 }));
      const packetsNow = status === 200 ? await polling.packets() : [];
      return [status, packetsNow.map(withoutSids)];
    };
    assert.deepEqual(await differences(packets.map((packet) => [packet]), play), []);
  });
});
