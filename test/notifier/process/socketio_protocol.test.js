// Socket.IO 5, packet by packet, over a bare WebSocket.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { foreign, Notifier } from './support/notifier.js';
import { Polling, SEPARATOR, Socket } from './support/engine.js';

let server;

before(async () => { server = await Notifier.start({ 'ping-interval': '1h' }); });
after(() => server.stop());

async function connected(namespace = '/upload-xlsx') {
  const socket = await Socket.open(server.url);
  const prefix = namespace === '/' ? '' : `${namespace},`;
  socket.send(`40${prefix}`);
  assert.match(await socket.next(), /^40/);
  return socket;
}

// It is still there: it answers.
async function isOpen(socket) {
  socket.send('40/none,');
  assert.equal(await socket.next(), '44/none,{"message":"Invalid namespace"}');
}

describe('connect', () => {
  const good = [
    ['the main namespace', '40', ''],
    ['with a payload', '40{"token":"123"}', ''],
    ['the namespace of tasks', '40/upload-xlsx,', '/upload-xlsx,'],
    ['without its comma', '40/upload-xlsx', '/upload-xlsx,'],
    ['with a payload there', '40/upload-xlsx,{"token":"abc"}', '/upload-xlsx,'],
  ];
  for (const [name, packet, prefix] of good) {
    test(`${name}`, async () => {
      const socket = await Socket.open(server.url);
      socket.send(packet);
      const answer = await socket.next();
      assert.ok(answer.startsWith(`40${prefix}{`), answer);
      const { sid, ...rest } = JSON.parse(answer.slice(2 + prefix.length));
      assert.match(sid, /^[\w-]{20,}$/);
      assert.notEqual(sid, socket.open.sid);
      assert.deepEqual(rest, {});
      socket.close();
    });
  }

  test('each namespace has a socket id of its own', async () => {
    const socket = await Socket.open(server.url);
    socket.send('40');
    socket.send('40/upload-xlsx,');
    const ids = (await socket.inbox.take(2)).map((packet) => JSON.parse(packet.slice(packet.indexOf('{'))).sid);
    assert.notEqual(ids[0], ids[1]);
    socket.close();
  });

  for (const name of ['/random', '/upload-xls', '/upload-xlsx2', '/upload-xlsx/', '/upload-xlsx?a=1', '/Upload-xlsx', '/"quoted"', '/constructor']) {
    test(`${name} is refused, and the connection stays`, async () => {
      const socket = await Socket.open(server.url);
      socket.send(`40${name},`);
      assert.equal(await socket.next(), `44${name},{"message":"Invalid namespace"}`);
      socket.send('40');
      assert.match(await socket.next(), /^40\{/);
      socket.close();
    });
  }

  test('who joins no namespace in time is closed', { skip: foreign }, async () => {
    const other = await Notifier.start({ 'connect-timeout': '100ms', 'ping-interval': '1h' });
    const silent = await Socket.open(other.url);
    const refused = await Socket.open(other.url);
    refused.send('40/random,');
    await refused.next();
    const joined = await Socket.open(other.url);
    joined.send('40');
    await joined.next();
    await silent.closed;
    await refused.closed;
    joined.send('40/none,');
    assert.match(await joined.next(), /^44/);
    joined.close();
    await other.stop();
  });
});

describe('disconnect', () => {
  test('from one namespace leaves the other, and the connection', async () => {
    const socket = await connected('/');
    socket.send('40/upload-xlsx,');
    await socket.next();
    socket.send('41/upload-xlsx,');
    await isOpen(socket);
    socket.send('42["x"]');
    await isOpen(socket);
    socket.send('42/upload-xlsx,["x"]');
    await socket.closed;
  });

  test('and connect again, under a new id', async () => {
    const socket = await Socket.open(server.url);
    socket.send('40/upload-xlsx,');
    const first = await socket.next();
    socket.send('41/upload-xlsx,');
    if (foreign) await isOpen(socket); // it lets a socket go a moment later
    socket.send('40/upload-xlsx,');
    const second = await socket.next();
    assert.match(second, /^40\/upload-xlsx,\{/);
    assert.notEqual(first, second);
    socket.close();
  });

  test('from the main namespace keeps the connection', async () => {
    const socket = await connected('/');
    socket.send('41');
    await isOpen(socket);
    socket.close();
  });
});

describe('what ends the connection', () => {
  const always = [
    ['an empty message', '4'],
    ['an unknown type', '47'],
    ['a type that is no digit', '4abc'],
    ['JSON that is none', '42/upload-xlsx,["a'],
    ['JSON with something behind it', '42/upload-xlsx,["a"]x'],
    ['JSON with a comma too many', '42/upload-xlsx,["a",]'],
    ['JSON with a control character', '42/upload-xlsx,["a\u0001"]'],
    ['an event that is an object', '42/upload-xlsx,{"a":1}'],
    ['an event that is a string', '42/upload-xlsx,"a"'],
    ['an empty event', '42/upload-xlsx,[]'],
    ['an event named by an object', '42/upload-xlsx,[{}]'],
    ['an event named null', '42/upload-xlsx,[null]'],
    ['an event named by a list', '42/upload-xlsx,[["a"]]'],
    ['an event named true', '42/upload-xlsx,[true]'],
    ['the event connect', '42/upload-xlsx,["connect"]'],
    ['the event connect_error', '42/upload-xlsx,["connect_error"]'],
    ['the event disconnect', '42/upload-xlsx,["disconnect"]'],
    ['the event disconnecting', '42/upload-xlsx,["disconnecting"]'],
    ['the event newListener', '42/upload-xlsx,["newListener"]'],
    ['the event removeListener', '42/upload-xlsx,["removeListener"]'],
    ['a reserved event in disguise', '42/upload-xlsx,["conn\\u0065ct"]'],
    ['an acknowledgement that is an object', '43/upload-xlsx,1{}'],
    ['a disconnect with a payload', '41/upload-xlsx,{}'],
    ['a connect error', '44/upload-xlsx,{"message":"x"}'],
    ['a second connect', '40/upload-xlsx,'],
    ['a connect whose payload is a list', '40/other,[]'],
    ['a connect whose payload is a string', '40/other,"x"'],
    ['an event for a namespace not joined', '42["a"]'],
    ['an event for a namespace that is none', '42/none,["a"]'],
    ['a disconnect from a namespace not joined', '41'],
    ['an acknowledgement for a namespace not joined', '431[]'],
    ['a binary event without a count', '45/upload-xlsx,["a"]'],
    ['a binary event that counts none', '450-/upload-xlsx,["a"]'],
    ['a binary event that counts too many', '4511-/upload-xlsx,["a"]'],
    ['a binary event that counts in letters', '45x-/upload-xlsx,["a"]'],
    ['a binary event whose payload is an object', '451-/upload-xlsx,{}'],
    ['bytes nobody announced', Buffer.from([1, 2, 3])],
  ];
  for (const [name, packet] of always) {
    test(name, async () => {
      const socket = await connected();
      socket.send(packet);
      await socket.closed;
    });
  }

  test('text instead of announced bytes', async () => {
    const socket = await connected();
    socket.send('452-/upload-xlsx,["a",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]');
    socket.send(Buffer.from([1]));
    socket.send('42/upload-xlsx,["a"]');
    await socket.closed;
  });

  test('a placeholder for bytes that do not come', async () => {
    const socket = await connected();
    socket.send('451-/upload-xlsx,["a",{"_placeholder":true,"num":1}]');
    socket.send(Buffer.from([1]));
    await socket.closed;
  });

  test('JSON nested beyond measure', { skip: foreign }, async () => {
    const socket = await connected();
    socket.send(`42/upload-xlsx,["a",${'['.repeat(100000)}${']'.repeat(100000)}]`);
    await socket.closed;
  });
});

describe('what does not', () => {
  const harmless = [
    ['an event nobody knows', '42/upload-xlsx,["unknown",1,"2",{"3":[true]}]'],
    ['an event named by a number', '42/upload-xlsx,[5,1]'],
    ['an event without a payload', '42/upload-xlsx,'],
    ['an acknowledgement nobody asked for', '43/upload-xlsx,99[]'],
    ['JSON with white space', '42/upload-xlsx, [ "unknown" , { "a" : [ ] } ] '],
    ['an event with escapes', '42/upload-xlsx,["\\u00e9\\ud83d\\ude00\\n\\"", null]'],
    ['a deep payload', `42/upload-xlsx,["a",${'['.repeat(100)}${']'.repeat(100)}]`],
  ];
  for (const [name, packet] of harmless) {
    test(name, async () => {
      const socket = await connected();
      socket.send(packet);
      await isOpen(socket);
      socket.close();
    });
  }

  test('binary events, their parts swallowed', async () => {
    const socket = await connected();
    socket.send('452-/upload-xlsx,["a",{"_placeholder":true,"num":0},[{"_placeholder":true,"num":1}]]');
    socket.send(Buffer.from([1, 2, 3]));
    socket.send(Buffer.from([4, 5, 6]));
    await isOpen(socket);
    socket.close();
  });

  test('a binary acknowledgement', async () => {
    const socket = await connected();
    socket.send('461-/upload-xlsx,7[{"_placeholder":true,"num":0}]');
    socket.send(Buffer.from([1]));
    await isOpen(socket);
    socket.close();
  });

  test('binary parts by polling', async () => {
    const polling = await Polling.open(server.url);
    await polling.post('40/upload-xlsx,');
    await polling.packets();
    await polling.post(['452-/upload-xlsx,["a",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]', 'bAQ==', 'bAg=='].join(SEPARATOR));
    await polling.post('40/none,');
    assert.deepEqual(await polling.packets(), ['44/none,{"message":"Invalid namespace"}']);
  });
});

describe('requests', { skip: foreign }, () => {
  test('what is wrong is answered by an exception, and acknowledged with it', async () => {
    const socket = await connected();
    const exception = '{"status":"error","message":"taskId must be a positive integer","code":"invalid_task_id","retryable":false}';
    for (const name of ['join-task', 'leave-task']) {
      for (const payload of ['', ',null', ',{}', ',7', ',"7"', ',[7]', ',{"taskId":null}', ',{"taskId":0}', ',{"taskId":-1}', ',{"taskId":1.5}',
        ',{"taskId":"x"}', ',{"taskId":""}', ',{"taskId":"1x"}', ',{"taskId":true}', ',{"taskId":{}}', ',{"taskId":[1]}',
        ',{"taskId":9223372036854775808}', ',{"taskId":1e400}', ',{"taskID":1}']) {
        socket.send(`42/upload-xlsx,["${name}"${payload}]`);
        assert.equal(await socket.next(), `42/upload-xlsx,["exception",${exception}]`);
      }
      socket.send(`42/upload-xlsx,12["${name}"]`);
      assert.equal(await socket.next(), `42/upload-xlsx,["exception",${exception}]`);
      assert.equal(await socket.next(), `43/upload-xlsx,12[${exception}]`);
    }
    socket.close();
  });

  test('leaving what was not joined is no mistake', async () => {
    const socket = await connected();
    socket.send('42/upload-xlsx,0["leave-task",{"taskId":7}]');
    assert.equal(await socket.next(), '42/upload-xlsx,["left-task",{"taskId":7}]');
    assert.equal(await socket.next(), '43/upload-xlsx,0[{"taskId":7}]');
    socket.send('42/upload-xlsx,["leave-task",{"taskId":"7"}]');
    assert.equal(await socket.next(), '42/upload-xlsx,["left-task",{"taskId":7}]');
    socket.close();
  });

  test('the main namespace knows no tasks', async () => {
    const socket = await connected('/');
    socket.send('421["leave-task",{"taskId":7}]');
    await isOpen(socket);
    socket.close();
  });

  test('without a database a join waits, and what can be answered is', async () => {
    const other = await Notifier.start({ 'database-url': 'postgresql://127.0.0.1:1/x', 'ping-interval': '1h' });
    const socket = await Socket.open(other.url);
    socket.send('40/upload-xlsx,');
    await socket.next();
    socket.send('42/upload-xlsx,3["join-task",{"taskId":7}]');
    socket.send('42/upload-xlsx,4["join-task",{"taskId":0}]');
    const exception = '{"status":"error","message":"taskId must be a positive integer","code":"invalid_task_id","retryable":false}';
    assert.equal(await socket.next(), `42/upload-xlsx,["exception",${exception}]`);
    assert.equal(await socket.next(), `43/upload-xlsx,4[${exception}]`);
    socket.close();
    await other.stop();
  });

  test('namespace and path are settings', async () => {
    const other = await Notifier.start({ namespace: '/tasks', path: '/io', 'ping-interval': '1h' });
    const socket = new Socket(`ws://127.0.0.1:${other.port}/io/?EIO=4&transport=websocket`);
    await socket.next();
    socket.send('40/tasks,');
    assert.match(await socket.next(), /^40\/tasks,\{/);
    socket.send('42/tasks,1["leave-task",{"taskId":1}]');
    assert.equal(await socket.next(), '42/tasks,["left-task",{"taskId":1}]');
    socket.close();
    await other.stop();
  });
});
