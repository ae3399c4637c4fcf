// Rooms, snapshots, order of events, and events that are lost during an interruption (S-080 to S-097).

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { becomes } from './support/api.js';
import { atEnd } from './support/cleanup.js';
import { Database } from './support/cluster.js';
import { Polling, request, Socket } from './support/engine.js';
import { Notifier } from './support/notifier.js';
import { Cluster } from './support/server.js';

const NSP = '/upload-xlsx';

let db;
let server;

before(async () => {
  db = await Database.create();
  server = await Notifier.start({ 'database-url': db.url, 'ping-interval': '1h' });
});
after(async () => {
  await server.stop();
  await db.drop();
});

// A client by hand, so that each packet and its order can be seen.
class Client {
  static async connect(url = server.url) {
    const client = new Client();
    client.socket = await Socket.open(url);
    client.socket.send(`40${NSP},`);
    await client.socket.next();
    return client;
  }

  send(event, payload, id = '') {
    this.socket.send(`42${NSP},${id}${JSON.stringify([event, payload])}`);
  }

  // The next packet as [event, payload] or ['ack', id, payload].
  async next() {
    const [, type, id, json] = (await this.socket.packet()).match(/^4([23])\/upload-xlsx,(\d*)(.*)$/s);
    return type === '3' ? ['ack', id, ...JSON.parse(json)] : JSON.parse(json);
  }

  async join(task) {
    this.send('join-task', { taskId: task });
    assert.deepEqual(await this.next(), ['joined-task', { taskId: task }]);
    return this.next();
  }

  // What has come by now: a packet sent and answered behind it.
  async rest() {
    const events = [];
    this.send('leave-task', { taskId: 999999999 });
    for (;;) {
      const event = await this.next();
      if (event[0] === 'left-task' && event[1].taskId === 999999999) return events;
      events.push(event);
    }
  }

  close() {
    this.socket.close();
  }
}

// An event has been through the notifier when this one has.
async function settled(client, task) {
  const marker = 'marker';
  await db.emit(task, marker, {});
  const events = [];
  for (;;) {
    const event = await client.next();
    if (event[0] === marker) return events;
    events.push(event);
  }
}

describe('joining', () => {
  test('S-080 S-081 is confirmed, then comes one snapshot', async () => {
    const task = await db.idleTask();
    const client = await Client.connect();
    client.send('join-task', { taskId: task });
    assert.deepEqual(await client.next(), ['joined-task', { taskId: task }]);
    const [event, data] = await client.next();
    assert.equal(event, 'task-progress');
    assert.equal(data.taskId, task);
    assert.ok(Number.isInteger(data.seq));
    assert.deepEqual(await client.rest(), []);
    client.close();
  });

  test('is acknowledged to who wants it', async () => {
    const task = await db.idleTask();
    const client = await Client.connect();
    client.send('join-task', { taskId: task }, '17');
    assert.deepEqual(await client.next(), ['joined-task', { taskId: task }]);
    assert.deepEqual(await client.next(), ['ack', '17', { taskId: task }]);
    assert.equal((await client.next())[0], 'task-progress');
    client.close();
  });

  test('a task id may be a string of digits', async () => {
    const task = await db.idleTask();
    const client = await Client.connect();
    client.send('join-task', { taskId: String(task) });
    assert.deepEqual(await client.next(), ['joined-task', { taskId: task }]);
    await client.next();
    await db.emit(task, 'task-progress', { progress: 1 });
    assert.equal((await client.next())[1].progress, 1);
    client.close();
  });

  test('an unknown task is an exception, and joins nothing', async () => {
    const client = await Client.connect();
    const message = { status: 'error', message: 'Task with ID 424242 not found', code: 'P0002', retryable: false, taskId: 424242 };
    client.send('join-task', { taskId: 424242 }, '3');
    assert.deepEqual(await client.next(), ['exception', message]);
    assert.deepEqual(await client.next(), ['ack', '3', message]);
    assert.deepEqual(await client.rest(), []);
    client.close();
  });

  test('again is confirmed again, and doubles nothing', async () => {
    const task = await db.idleTask();
    const client = await Client.connect();
    await client.join(task);
    client.send('join-task', { taskId: task });
    assert.deepEqual(await client.next(), ['joined-task', { taskId: task }]);
    await db.emit(task, 'task-progress', { progress: 1 });
    assert.equal((await client.next())[1].progress, 1);
    assert.deepEqual(await client.rest(), []);
    client.close();
  });

  test('many wishes about one task at once end as one by one', async () => {
    const task = await db.idleTask();
    const client = await Client.connect();
    const wish = (name) => client.send(name, { taskId: task });
    ['join-task', 'leave-task', 'join-task', 'join-task', 'leave-task', 'join-task'].forEach(wish);
    const names = [];
    while (names.filter((name) => name !== 'task-progress').length < 6) names.push((await client.next())[0]);
    assert.deepEqual(names.filter((name) => name !== 'task-progress'),
      ['joined-task', 'left-task', 'joined-task', 'joined-task', 'left-task', 'joined-task']);
    await client.rest();
    await db.emit(task, 'task-progress', { progress: 1 });
    const [, data] = await client.next();
    assert.equal(data.progress, 1);
    client.close();
  });

  test('S-092 a client may be in many rooms', async () => {
    const tasks = [];
    for (let i = 0; i < 30; i++) tasks.push(await db.idleTask());
    const client = await Client.connect();
    for (const task of tasks) client.send('join-task', { taskId: task });
    const joined = new Set();
    for (let i = 0; i < 60; i++) {
      const [event, data] = await client.next();
      if (event === 'joined-task') joined.add(data.taskId);
    }
    assert.deepEqual([...joined].sort(), [...tasks].sort());
    await db.query(tasks.map((task) => `SELECT xlsx.emit(${task}, 'task-progress', '{"progress": 9}')`).join(';'));
    for (const task of tasks) {
      const [, data] = await client.next();
      assert.equal(data.taskId, task);
    }
    client.close();
  });
});

describe('events', () => {
  test('S-091 reach the members of their room only, unchanged', async () => {
    const [first, second] = [await db.idleTask(), await db.idleTask()];
    const [a, b, both] = [await Client.connect(), await Client.connect(), await Client.connect()];
    await a.join(first);
    await b.join(second);
    await both.join(first);
    await both.join(second);
    const payload = { phase: 'VALIDATING', progress: 40, text: 'é "quoted" \\ \u0001 😀', deep: [{ a: [] }], none: null };
    await db.emit(first, 'task-progress', payload);
    await db.emit(second, 'workbook-loading', {});
    const [event, { taskId, seq, ...rest }] = await a.next();
    assert.deepEqual([event, taskId, rest], ['task-progress', first, payload]);
    assert.ok(seq > 0);
    assert.deepEqual((await b.next())[0], 'workbook-loading');
    assert.equal((await both.next())[1].taskId, first);
    assert.equal((await both.next())[1].taskId, second);
    for (const client of [a, b, both]) {
      assert.deepEqual(await client.rest(), []);
      client.close();
    }
  });

  test('come by polling as well', async () => {
    const task = await db.idleTask();
    const polling = await Polling.open(server.url);
    await polling.post(`40${NSP},`);
    await polling.packets();
    await polling.post(`42${NSP},["join-task",{"taskId":${task}}]`);
    let packets = [];
    while (packets.length < 2) packets = packets.concat(await polling.packets());
    assert.match(packets[0], /^42\/upload-xlsx,\["joined-task",/);
    assert.match(packets[1], /^42\/upload-xlsx,\["task-progress",/);
    const held = polling.hold();
    await held.sent;
    await db.emit(task, 'task-progress', { progress: 5 });
    assert.match((await held.response).text, /^42\/upload-xlsx,\["task-progress",\{.*"progress":\s*5/);
    await polling.post('1');
  });

  test('S-082 S-083 S-084 none arrives after leaving', async () => {
    const task = await db.idleTask();
    const [leaver, stayer] = [await Client.connect(), await Client.connect()];
    await leaver.join(task);
    await stayer.join(task);
    leaver.send('leave-task', { taskId: task }, '5');
    assert.deepEqual(await leaver.next(), ['left-task', { taskId: task }]);
    assert.deepEqual(await leaver.next(), ['ack', '5', { taskId: task }]);
    await db.emit(task, 'task-progress', { progress: 1 });
    assert.equal((await settled(stayer, task)).length, 1);
    assert.deepEqual(await leaver.rest(), []);
    leaver.close();
    stayer.close();
  });

  test('S-093 a client that is gone is in no room', async () => {
    const task = await db.idleTask();
    const [gone, stayer] = [await Client.connect(), await Client.connect()];
    await gone.join(task);
    await stayer.join(task);
    gone.close();
    for (let i = 0; i < 3; i++) {
      await db.emit(task, 'task-progress', { progress: i });
      await stayer.next();
    }
    stayer.close();
    await becomes(server.url, 'rooms', 0);
  });

  test('seq rises, whoever joins when', async () => {
    const task = await db.idleTask();
    const clients = [];
    const flood = db.query(`DO $$ BEGIN FOR i IN 1..400 LOOP PERFORM xlsx.emit(${task}, 'task-progress', json_build_object('i', i)); COMMIT; END LOOP; END $$`);
    for (let i = 0; i < 20; i++) {
      const client = await Client.connect();
      client.send('join-task', { taskId: task });
      clients.push(client);
    }
    await flood;
    await db.emit(task, 'last', {});
    for (const client of clients) {
      let seq = -1;
      let event = await client.next();
      assert.equal(event[0], 'joined-task');
      let i = null;
      do {
        event = await client.next();
        assert.ok(event[1].seq > seq, `${event[1].seq} after ${seq}`);
        // nothing is missing between two events
        if (i !== null && event[1].i !== undefined) assert.equal(event[1].i, i + 1);
        i = event[1].i ?? null;
        seq = event[1].seq;
      } while (event[0] !== 'last');
      client.close();
    }
  });

  test('one that is no event harms nobody', async () => {
    const task = await db.idleTask();
    const client = await Client.connect();
    await client.join(task);
    for (const payload of ['', 'x', '1', `${task}`, `${task} `, `${task} event`, `${task} event x`, `${task} event {"seq":"a"}`, `${task} event []`,
      `${task} ${'e'.repeat(100)} {"seq":1}`, '99999999999999999999999 event {"seq":1}']) {
      await db.query(`SELECT pg_notify(name, '${payload}') FROM xlsx_private.channel`);
    }
    assert.deepEqual(await settled(client, task), []);
    client.close();
  });

  test('an older event never follows a newer one', async () => {
    const task = await db.idleTask();
    const client = await Client.connect();
    const [, { seq }] = await client.join(task);
    const notify = (n) => db.query(`SELECT pg_notify(name, '${task} task-progress {"taskId":${task},"seq":${n}}') FROM xlsx_private.channel`);
    for (const n of [seq, seq + 1, seq + 5, seq + 3, seq + 5, seq + 6]) await notify(n);
    for (const n of [seq + 1, seq + 5, seq + 6]) assert.equal((await client.next())[1].seq, n);
    assert.deepEqual(await client.rest(), []);
    client.close();
  });

  test('a client that does not read is dropped, and costs no more than its queue', async () => {
    const small = await Notifier.start({ 'database-url': db.url, 'ping-interval': '1h', 'max-queue': '256kB' });
    const task = await db.idleTask();
    const [deaf, reader] = [await Client.connect(small.url), await Client.connect(small.url)];
    await deaf.join(task);
    await reader.join(task);
    deaf.socket.socket.pause();
    const before = small.memory('RssAnon');
    let highest = 0;
    const text = 'x'.repeat(7000);
    let dropped = false;
    small.logged(/client does not read/).then(() => { dropped = true; });
    while (!dropped) {
      await db.query(`SELECT xlsx.emit(${task}, 'task-progress', '{"text":"${text}"}') FROM generate_series(1, 20)`);
      for (let i = 0; i < 20; i++) await reader.next();
      highest = Math.max(highest, small.memory('RssAnon'));
    }
    assert.ok(highest - before < 4096, `${highest - before} kB`);
    deaf.close();
    reader.close();
    await small.stop();
  });
});

describe('when the database is lost', () => {
  const killListener = () => db.query("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND query = 'SELECT xlsx.listen()'");

  test('members get the state that they missed, and events go on', async () => {
    const task = await db.idleTask();
    const client = await Client.connect();
    await client.join(task);
    await db.emit(task, 'task-progress', { progress: 10 });
    const [, { seq }] = await client.next();
    // A notifier that stands still cannot listen anew, so this event is lost to it for sure.
    server.child.kill('SIGSTOP');
    await killListener();
    await db.emit(task, 'task-progress', { progress: 20 });
    server.child.kill('SIGCONT');
    const [event, data] = await client.next();
    assert.equal(event, 'task-progress');
    assert.ok(data.seq > seq);
    assert.deepEqual(await settled(client, task), []);
    client.close();
  });

  test('connections of requests that are killed are made anew', async () => {
    await db.query("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'pg_xlsx_notifier'");
    // The kills take effect after the answer to them: a request may still meet a dying connection, and says so.
    for (const path of ['/readyz', '/upload-xlsx/tasks']) {
      for (;;) {
        const { status } = await request(`${server.url}${path}`);
        if (status === 200) break;
        assert.equal(status, 503);
      }
    }
  });

  test('a server that is down and comes back: final state for everybody', async () => {
    const cluster = Cluster.start();
    const taken = atEnd(() => cluster.remove());
    const own = await Database.create(cluster.env);
    const [task, later] = [await own.idleTask(), await own.idleTask()];
    const other = await Notifier.start({ 'database-url': own.url, 'ping-interval': '1h', 'request-timeout': '2s' });
    const client = await Client.connect(other.url);
    const [, before] = await client.join(task);
    cluster.stop('immediate');
    assert.equal((await request(`${other.url}/upload-xlsx/tasks`)).status, 503);
    assert.equal((await request(`${other.url}/readyz`)).status, 503);
    assert.equal((await request(`${other.url}/healthz`)).status, 200);
    client.send('join-task', { taskId: later });
    cluster.startAgain();
    await own.query(`SELECT xlsx.cancel(${task})`);
    const heard = [];
    while (!heard.some(([event]) => event === 'task-failed') || !heard.some(([, data]) => data.taskId === later && data.seq !== undefined)) heard.push(await client.next());
    assert.ok(heard.filter(([, data]) => data.taskId === task).every(([, data]) => data.seq > before.seq));
    assert.deepEqual(heard.filter(([, data]) => data.taskId === later).map(([event]) => event), ['joined-task', 'task-progress'], 'a join waits');
    client.close();
    await other.stop();
    cluster.remove();
    taken();
  });
});

test('several notifiers on one database all deliver', async () => {
  const second = await Notifier.start({ 'database-url': db.url, 'ping-interval': '1h' });
  const task = await db.idleTask();
  const [a, b] = [await Client.connect(server.url), await Client.connect(second.url)];
  await a.join(task);
  await b.join(task);
  await db.emit(task, 'task-progress', { progress: 33 });
  assert.deepEqual(await a.next(), await b.next());
  a.close();
  b.close();
  await second.stop();
});
