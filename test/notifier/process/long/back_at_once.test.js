// Thousands of clients that come back at once after an outage: each is answered, none is refused.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BASE, becomes } from '../support/api.js';
import { behindProxy } from '../support/behind_proxy.js';
import { Socket } from '../support/engine.js';
import { EventStream } from '../support/stream.js';

const COUNT = 6000;

let tasks;

const at = behindProxy({
  async prepare({ db }) {
    const ids = await db.query(`SELECT string_agg(xlsx.submit('people', '\\x504b0304'::bytea, 'idle.xlsx', run_at => now() + '1 day')::text, ',') FROM generate_series(1, ${COUNT})`);
    tasks = ids.split(',').map(Number);
  },
});

async function timed(t, what, run) {
  const begin = performance.now();
  await run();
  t.diagnostic(`${COUNT} ${what}: ${Math.round(performance.now() - begin)} ms`);
}

// A client that has joined the namespace.
async function connected() {
  const socket = await Socket.open(at.server.url);
  socket.send('40/upload-xlsx,');
  while (!(await socket.next()).startsWith('40/upload-xlsx,'));
  return socket;
}

// Until the state of the task has come; an exception is a failure.
async function state(socket, task) {
  for (;;) {
    const packet = await socket.next();
    assert.ok(!packet.includes('"exception"'), packet);
    if (packet.includes('"task-progress"') && packet.includes(`"taskId":${task},`)) return;
  }
}

for (const [what, of] of [['one task', () => tasks[0]], ['a task each', (i) => tasks[i]]]) {
  test(`streams of ${what}, while the database is away: each is answered with 200, and with the state when it is back`, async (t) => {
    await at.away();
    const streams = await Promise.all(tasks.map((_, i) => EventStream.open(`${at.server.url}${BASE}/tasks/${of(i)}/events`)));
    assert.deepEqual([...new Set(streams.map(({ status }) => status))], [200]);
    await timed(t, `streams of ${what}`, async () => {
      await at.proxy.accept();
      const states = await Promise.all(streams.map((stream) => stream.next()));
      assert.deepEqual(states.map(({ data }) => data.taskId), tasks.map((_, i) => of(i)));
    });
    await Promise.all(streams.map((stream) => stream.drop()));
    await becomes(at.server.url, 'streams', 0);
  });
}

test('joins of one client, while the database is away: each is answered when it is back', async (t) => {
  const socket = await connected();
  await at.away();
  for (const task of tasks) socket.send(`42/upload-xlsx,["join-task",{"taskId":${task}}]`);
  await timed(t, 'joins of one client', async () => {
    await at.proxy.accept();
    const seen = new Set();
    while (seen.size < COUNT) {
      const packet = await socket.next();
      assert.ok(!packet.includes('"exception"'), packet);
      const progress = /"task-progress",\{"taskId":(\d+)/.exec(packet);
      if (progress) seen.add(Number(progress[1]));
    }
  });
  socket.close();
  await becomes(at.server.url, 'sockets', 0);
});

test('clients with a join each, when the sidecar was killed and is back: each hears the state, and the end', async (t) => {
  const { port } = server;
  await at.server.stop('SIGKILL');
  await at.serve({ port });
  let sockets;
  await timed(t, 'clients that join', async () => {
    sockets = await Promise.all(tasks.map(async (task) => {
      const socket = await connected();
      socket.send(`42/upload-xlsx,["join-task",{"taskId":${task}}]`);
      await state(socket, task);
      return socket;
    }));
  });
  await at.db.query('SELECT count(xlsx.cancel(id)) FROM xlsx.tasks');
  await Promise.all(sockets.map(async (socket, i) => {
    for (;;) {
      const packet = await socket.next();
      if (!packet.includes('"task-failed"')) continue;
      assert.equal(JSON.parse(packet.slice(packet.indexOf('[')))[1].taskId, tasks[i]);
      return;
    }
  }));
  for (const socket of sockets) socket.close();
  await becomes(at.server.url, 'sockets', 0);
});
