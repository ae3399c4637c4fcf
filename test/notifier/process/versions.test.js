// Every published line of Socket.IO's client from 4.0 on, and a client in another language, unmodified: they join, hear events, come back after the
// sidecar was restarted, and hear the end once.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { atEnd } from './support/cleanup.js';
import { Database } from './support/cluster.js';
import { Inbox } from './support/inbox.js';
import { Notifier } from './support/notifier.js';
import { missing } from './support/program.js';
import { root } from './support/server.js';

const PYTHON = '/usr/bin/python3';
const PYTHON_SOCKETIO = '/usr/lib/python3/dist-packages/socketio';
const TRANSPORTS = ['websocket', 'polling'];
const EVENTS = ['joined-task', 'left-task', 'task-progress', 'workbook-loading', 'task-completed', 'task-failed', 'exception'];

const need = createRequire(import.meta.url);
const { dependencies } = need('./package.json');
const lines = Object.keys(dependencies).filter((name) => name.startsWith('socket.io-client')).sort();

let db;
let server;

before(async () => {
  db = await Database.create();
  server = await Notifier.start({ 'database-url': db.url, 'ping-interval': '1s', 'ping-timeout': '2s' });
});
after(async () => {
  await server.stop();
  await db.drop();
});

// What a client of npm hears: [event, data].
function npmClient(name, transport, task) {
  const { io } = need(name);
  const heard = new Inbox();
  const socket = io(`${server.url}/upload-xlsx`, { transports: [transport], forceNew: true, reconnectionDelay: 50, reconnectionDelayMax: 200 });
  atEnd(() => socket.close());
  socket.on('connect', () => {
    heard.put(['connect', null]);
    socket.emit('join-task', { taskId: task }, (answer) => heard.put(['acknowledged', answer]));
  });
  socket.on('disconnect', () => heard.put(['disconnect', null]));
  for (const event of EVENTS) socket.on(event, (data) => heard.put([event, data]));
  return { heard, close: () => socket.close() };
}

function pythonClient(transport, task) {
  const heard = new Inbox();
  const child = spawn(PYTHON, [join(root, 'test/notifier/process/support/python_client.py'), server.url, transport, String(task)], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.on('exit', atEnd(() => child.kill()));
  createInterface({ input: child.stdout }).on('line', (line) => heard.put(JSON.parse(line)));
  return {
    heard,
    close: () => new Promise((resolve) => {
      child.on('close', resolve);
      child.stdin.end();
    }),
  };
}

class Client {
  constructor(name, { heard, close }) {
    Object.assign(this, { name, heard, close });
  }

  // The data of the next event of that name; those of its kin may come before it.
  async until(wanted, before = []) {
    for (;;) {
      const [event, data] = await this.heard.next();
      if (event === wanted) return data;
      assert.ok(before.includes(event), `${this.name}: ${event} ${JSON.stringify(data)} before ${wanted}`);
    }
  }

  // The acknowledgement and the event come in either order.
  async joins(task) {
    await this.until('connect', ['disconnect']);
    assert.deepEqual(await this.until('acknowledged', ['joined-task', 'task-progress']), { taskId: task }, this.name);
  }
}

// Their lives go on side by side, because they wait most of the time.
async function live(task, clients) {
  const all = (step) => Promise.all(clients.map(step));
  await all((client) => client.joins(task));
  await db.emit(task, 'task-progress', { phase: 'SAVING', progress: 40, savedRows: 4 });
  const seqs = await all(async (client) => {
    let data;
    do data = await client.until('task-progress', ['joined-task']); while (data.progress !== 40);
    assert.deepEqual([data.taskId, data.phase, data.savedRows], [task, 'SAVING', 4], client.name);
    return data.seq;
  });
  const { port } = server;
  await server.stop('SIGKILL');
  await all((client) => client.until('disconnect'));
  await db.emit(task, 'task-progress', { phase: 'SAVING', progress: 60, savedRows: 6 });
  server = await Notifier.start({ 'database-url': db.url, port, 'ping-interval': '1s', 'ping-timeout': '2s' });
  await all((client) => client.joins(task));
  await db.query(`SELECT xlsx.cancel(${task})`);
  await all(async (client, i) => {
    const end = await client.until('task-failed', ['joined-task', 'task-progress']);
    assert.deepEqual([end.taskId, end.status, end.seq > seqs[i]], [task, 'CANCELLED', true], client.name);
  });
  await all(async (client) => {
    await client.close();
    const rest = await client.heard.take(client.heard.size);
    assert.deepEqual(rest.filter(([event]) => event !== 'disconnect'), [], `${client.name} hears the end once`);
  });
}

describe('unmodified clients', { timeout: 60000 }, () => {
  test('there is each line from 4.0 to the latest', () => {
    const versions = lines.map((name) => need(`${name}/package.json`).version.split('.').slice(0, 2).join('.')).sort();
    assert.deepEqual(versions, ['4.0', '4.1', '4.2', '4.3', '4.4', '4.5', '4.6', '4.7', '4.8']);
  });

  for (const transport of TRANSPORTS) {
    test(`socket.io-client 4.0 to the latest, by ${transport}`, async () => {
      const task = await db.idleTask();
      await live(task, lines.map((name) => new Client(name, npmClient(name, transport, task))));
    });

    test(`python-socketio, by ${transport}`, { skip: missing(PYTHON_SOCKETIO) }, async () => {
      const task = await db.idleTask();
      await live(task, [new Client('python-socketio', pythonClient(transport, task))]);
    });
  }
});
