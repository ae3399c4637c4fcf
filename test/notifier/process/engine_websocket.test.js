// Engine.IO 4 over WebSocket, and the upgrade from polling to it.

import assert from 'node:assert/strict';
import net from 'node:net';
import { after, before, describe, test } from 'node:test';
import { foreign, Notifier } from './support/notifier.js';
import { Polling, request, Socket } from './support/engine.js';

const INTERVAL = 300;
const TIMEOUT = 200;

let calm;
let beating;

before(async () => {
  calm = await Notifier.start({ 'ping-interval': '1h', 'max-payload': 100000 });
  beating = await Notifier.start({ 'ping-interval': `${INTERVAL}ms`, 'ping-timeout': `${TIMEOUT}ms` });
});
after(async () => {
  await calm.stop();
  await beating.stop();
});

const webSocketUrl = (server) => `${server.url.replace('http', 'ws')}/socket.io/`;

describe('handshake', () => {
  test('opens a session that has nothing to upgrade to', async () => {
    const socket = await Socket.open(beating.url);
    assert.deepEqual(Object.keys(socket.open).sort(), ['maxPayload', 'pingInterval', 'pingTimeout', 'sid', 'upgrades']);
    assert.deepEqual(socket.open.upgrades, []);
    assert.equal(socket.open.pingInterval, INTERVAL);
    socket.close();
  });

  const faults = [
    ['no transport', '?EIO=4', 0],
    ['an unknown transport', '?EIO=4&transport=abc', 0],
    ['an unknown session', '?EIO=4&transport=websocket&sid=abc', 1],
    ['no protocol version', '?transport=websocket', 5],
    ['protocol version 3', '?EIO=3&transport=websocket', 5],
  ];
  for (const [name, query, code] of faults) {
    // the official server finds a wrong version out when it has accepted the WebSocket already
    test(`refuses ${name} with 400`, { skip: foreign && code === 5 }, async () => {
      const socket = new Socket(webSocketUrl(calm) + query);
      await assert.rejects(socket.opened, (error) => {
        assert.equal(error.status, 400);
        if (!foreign) assert.equal(JSON.parse(error.text).code, code);
        return true;
      });
    });
  }

  for (const method of ['GET', 'POST']) {
    test(`a ${method} without an upgrade for a session that is a WebSocket is refused, and ends nothing`, { skip: foreign }, async () => {
      const socket = await Socket.open(calm.url);
      const url = `${calm.url}/socket.io/?EIO=4&transport=websocket&sid=${socket.open.sid}`;
      const { status, text } = await request(url, { method, body: method === 'POST' ? '40' : undefined });
      assert.deepEqual([status, JSON.parse(text).code], [400, 3]);
      socket.send('40');
      assert.match(await socket.next(), /^40/);
      socket.close();
    });
  }

  test('there is no WebSocket elsewhere', { skip: foreign }, async () => {
    const socket = new Socket(`ws://127.0.0.1:${calm.port}/elsewhere?EIO=4&transport=websocket`);
    await assert.rejects(socket.opened, { status: 404 });
  });

  test('a wish for HTTP/2 in the clear is passed over', { skip: foreign }, async () => {
    const response = await request(`${calm.url}/healthz`, {
      headers: { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': 'AAMAAABkAAQAAP__' },
    });
    assert.equal(response.status, 200);
  });
});

describe('messages', () => {
  test('come and go', async () => {
    const socket = await Socket.open(calm.url);
    socket.send('40');
    assert.match(await socket.next(), /^40\{"sid":"[\w-]+"\}$/);
    socket.close();
  });

  test('one in fragments is put together', async () => {
    const socket = await Socket.open(calm.url);
    const parts = ['40/é', '€', '😀', ',{"a":"', 'x'.repeat(5000), '"}'];
    parts.forEach((part, i) => socket.socket.send(part, { fin: i === parts.length - 1 }));
    assert.equal(await socket.next(), '44/é€😀,{"message":"Invalid namespace"}');
    socket.close();
  });

  test('one of the largest size is taken', async () => {
    const socket = await Socket.open(calm.url);
    const text = `40/n,{"a":"${'x'.repeat(100000 - 13)}"}`;
    assert.equal(text.length, 100000);
    socket.send(text);
    assert.equal(await socket.next(), '44/n,{"message":"Invalid namespace"}');
    socket.close();
  });

  test('a larger one ends the session: 1009', async () => {
    const socket = await Socket.open(calm.url);
    socket.send('4'.repeat(100001));
    assert.equal(await socket.closed, 1009);
  });

  test('text that is no UTF-8 ends it: 1007', async () => {
    const socket = await Socket.open(calm.url);
    socket.socket.send(Buffer.from([0x34, 0x32, 0xc3, 0x28]), { binary: false });
    assert.equal(await socket.closed, 1007);
  });

  for (const [name, data] of [['an unknown type', 'abc'], ['an empty message', ''], ['a ping', '2']]) {
    test(`${name} ends it`, async () => {
      const socket = await Socket.open(calm.url);
      socket.send(data);
      await socket.closed;
    });
  }

  test('a close packet ends it', { skip: foreign }, async () => {
    const socket = await Socket.open(calm.url);
    socket.send('1');
    await socket.closed;
    const response = await request(`${calm.url}/socket.io/?EIO=4&transport=polling&sid=${socket.open.sid}`);
    assert.equal(JSON.parse(response.text).code, 1);
  });

  test('types that mean nothing are passed over', async () => {
    const socket = await Socket.open(calm.url);
    for (const packet of ['0', '5', '6', '3']) socket.send(packet);
    socket.send('40');
    assert.match(await socket.next(), /^40/);
    socket.close();
  });

  test('a client that leaves without a word leaves no session', async () => {
    const socket = await Socket.open(calm.url);
    socket.close();
    for (;;) {
      const response = await request(`${calm.url}/socket.io/?EIO=4&transport=polling&sid=${socket.open.sid}`);
      if (JSON.parse(response.text).code === 1) break;
    }
  });

  test('bytes that are no WebSocket frames end the connection', { skip: foreign }, async () => {
    const key = 'dGhlIHNhbXBsZSBub25jZQ==';
    const socket = net.connect(calm.port, '127.0.0.1');
    socket.write('GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n'
      + `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`);
    await new Promise((resolve) => socket.once('data', resolve));
    socket.end(Buffer.alloc(64, 0xff));
    socket.resume();
    await new Promise((resolve) => socket.on('close', resolve));
  });
});

describe('heartbeat', () => {
  test('pings come and pongs keep the session', async () => {
    const socket = await Socket.open(beating.url);
    for (let i = 0; i < 3; i++) {
      assert.equal(await socket.next(), '2');
      socket.send('3');
    }
    assert.equal(await socket.next(), '2');
    socket.close();
  });

  test('without a pong the session ends', async () => {
    const start = Date.now();
    const socket = await Socket.open(beating.url);
    assert.equal(await socket.next(), '2');
    await socket.closed;
    assert.ok(Date.now() - start >= INTERVAL + TIMEOUT - 10);
  });

  test('a client that is busy sending gets more time, once', { skip: foreign }, async () => {
    const socket = await Socket.open(beating.url);
    assert.equal(await socket.next(), '2');
    const start = Date.now();
    const busy = setInterval(() => socket.send('40/none,'), 20);
    await socket.closed;
    clearInterval(busy);
    assert.ok(Date.now() - start >= TIMEOUT + 10);
  });
});

describe('upgrade', () => {
  test('probe, noop, upgrade; then all goes over the WebSocket', async () => {
    const polling = await Polling.open(calm.url);
    const held = polling.hold();
    await held.sent;
    const socket = await Socket.probe(polling);
    socket.send('2probe');
    assert.equal(await socket.next(), '3probe');
    assert.deepEqual(await held.response, { status: 200, text: '6' });
    socket.send('5');
    socket.send('40');
    assert.match(await socket.next(), /^40\{/);
    socket.close();
  });

  test('a GET during the probe ends at once with a noop', async () => {
    const polling = await Polling.open(calm.url);
    const socket = await Socket.probe(polling);
    socket.send('2probe');
    await socket.next();
    assert.deepEqual(await polling.packets(), ['6']);
    assert.deepEqual(await polling.packets(), ['6']);
    socket.close();
  });

  test('packets queued before the upgrade wait for it', async () => {
    const polling = await Polling.open(calm.url);
    const socket = await Socket.probe(polling);
    socket.send('2probe');
    assert.equal(await socket.next(), '3probe');
    assert.equal((await polling.post('40')).text, 'ok');
    assert.equal((await polling.post('40/upload-xlsx,')).text, 'ok');
    assert.equal(socket.inbox.size, 0);
    socket.send('5');
    assert.match(await socket.next(), /^40\{/);
    assert.match(await socket.next(), /^40\/upload-xlsx,\{/);
    socket.close();
  });

  test('or for a GET that comes before it', async () => {
    const polling = await Polling.open(calm.url);
    const socket = await Socket.probe(polling);
    socket.send('2probe');
    await socket.next();
    await polling.post('40');
    assert.match((await polling.packets())[0], /^40\{/);
    socket.send('5');
    socket.send('40/none,');
    assert.match(await socket.next(), /^44\/none,/);
    socket.close();
  });

  test('after it, polling is refused and ends nothing', async () => {
    const polling = await Polling.open(calm.url);
    const socket = await Socket.probe(polling);
    socket.send('2probe');
    await socket.next();
    socket.send('5');
    socket.send('40');
    await socket.next();
    const response = await polling.get();
    assert.equal(response.status, 400);
    assert.equal(JSON.parse(response.text).code, 3);
    assert.equal((await polling.post('3')).status, 400);
    socket.send('40/none,');
    assert.match(await socket.next(), /^44/);
    socket.close();
  });

  test('a second WebSocket during and after it is closed', async () => {
    const polling = await Polling.open(calm.url);
    const socket = await Socket.probe(polling);
    socket.send('2probe');
    await socket.next();
    await (await Socket.probe(polling)).closed;
    socket.send('5');
    socket.send('40');
    await socket.next();
    await (await Socket.probe(polling)).closed;
    socket.send('40/none,');
    assert.match(await socket.next(), /^44/);
    socket.close();
  });

  test('one for a session that began as WebSocket is closed', { skip: foreign }, async () => {
    const socket = await Socket.open(calm.url);
    await (await Socket.probe({ base: calm.url, sid: socket.open.sid })).closed;
    socket.send('40');
    assert.match(await socket.next(), /^40/);
    socket.close();
  });

  for (const [name, data] of [['a message', '4hello'], ['another ping', '2wrong'], ['an unknown packet', 'x'], ['bytes', Buffer.from([1])]]) {
    test(`${name} instead of the probe closes the WebSocket only`, async () => {
      const polling = await Polling.open(calm.url);
      const socket = await Socket.probe(polling);
      socket.send(data);
      await socket.closed;
      await polling.post('40');
      assert.match((await polling.packets())[0], /^40\{/);
      // and another attempt may follow
      const again = await Socket.probe(polling);
      again.send('2probe');
      assert.equal(await again.next(), '3probe');
      again.close();
    });
  }

  test('one that is given up leaves polling as it was', async () => {
    const polling = await Polling.open(calm.url);
    const socket = await Socket.probe(polling);
    socket.send('2probe');
    await socket.next();
    socket.socket.close();
    await socket.closed;
    // until the server has noticed, a GET may still end with a noop
    let packets = ['6'];
    await polling.post('40');
    while (packets[0] === '6') packets = await polling.packets();
    assert.match(packets[0], /^40\{/);
    const held = polling.hold();
    await held.sent;
    await polling.post('40/none,');
    assert.match((await held.response).text, /^44/);
  });

  test('one that takes too long is cut off', { skip: foreign }, async () => {
    const server = await Notifier.start({ 'ping-interval': '1h', 'upgrade-timeout': '100ms' });
    const polling = await Polling.open(server.url);
    const socket = await Socket.probe(polling);
    socket.send('2probe');
    await socket.next();
    await socket.closed;
    await polling.post('40');
    assert.match((await polling.packets())[0], /^40\{/);
    await server.stop();
  });

  test('the end of the session ends a probe as well', async () => {
    const polling = await Polling.open(calm.url);
    const socket = await Socket.probe(polling);
    socket.send('2probe');
    await socket.next();
    await polling.post('1');
    await socket.closed;
  });

  test('heartbeats go on over the WebSocket', async () => {
    const polling = await Polling.open(beating.url);
    const socket = await Socket.probe(polling);
    socket.send('2probe');
    assert.equal(await socket.next(), '3probe');
    socket.send('5');
    for (let i = 0; i < 2; i++) {
      assert.equal(await socket.next(), '2');
      socket.send('3');
    }
    assert.equal(await socket.next(), '2');
    await socket.closed;
  });
});

test('thousands of packets arrive in order', async () => {
  const socket = await Socket.open(calm.url);
  for (let i = 0; i < 5000; i++) socket.send(`40/n${i},`);
  for (let i = 0; i < 5000; i++) assert.equal(await socket.next(), `44/n${i},{"message":"Invalid namespace"}`);
  socket.close();
});
