// notifier/client: its schemas fit the sidecar's real events, and its strategy works with real sockets.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import Ajv from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import * as client from '../../../notifier/client/dist/index.js';
import { api, becomes, upload } from '../process/support/api.js';
import { atEnd } from '../process/support/cleanup.js';
import { Database } from '../process/support/cluster.js';
import { Inbox } from '../process/support/inbox.js';
import { Notifier } from '../process/support/notifier.js';
import { root } from '../process/support/server.js';
import { ANN, Tenants } from '../process/support/tenants.js';
import { now, token } from '../process/support/token.js';
import { people, workbook } from '../process/support/workbook.js';

const { io } = createRequire(new URL('../process/package.json', import.meta.url))('socket.io-client');
const { IncomingEvents, LiveTasks, Pace, NAMESPACE, OutgoingEvents, applyEnd, applyProgress, isActive, phaseProgress, pollInterval, reconcile, schema } = client;

const ajv = new Ajv({ strict: true, allErrors: true });
addFormats(ajv);
ajv.addSchema(schema, 'pg_xlsx');

function conforms(name, value) {
  const validate = ajv.getSchema(`pg_xlsx#/$defs/${name}`);
  assert.ok(validate, `there is a schema for ${name}`);
  assert.ok(validate(value), `${name} ${JSON.stringify(value)}: ${ajv.errorsText(validate.errors)}`);
}

let db;
let server;

before(async () => {
  db = await Database.create();
  server = await Notifier.start({ 'database-url': db.url });
});
after(async () => {
  await server.stop();
  await db.drop();
});

function connect() {
  const socket = io(server.url + NAMESPACE, { forceNew: true, reconnectionDelay: 50, reconnectionDelayMax: 50 });
  atEnd(() => socket.close());
  return socket;
}

async function eventsOf(rows) {
  const socket = connect();
  const inbox = new Inbox();
  socket.onAny((name, data) => inbox.put([name, data]));
  // Nothing starts before the room is joined.
  await db.query('SELECT xlsx.pause()');
  const { json } = await upload(server.url, workbook(rows), 'people.xlsx');
  await socket.emitWithAck(IncomingEvents.JOIN_TASK, { taskId: json.taskId });
  await db.query('SELECT xlsx.resume()');
  const events = [];
  do events.push(await inbox.next()); while (!['task-completed', 'task-failed'].includes(events.at(-1)[0]));
  if (events.at(-1)[0] === OutgoingEvents.TASK_COMPLETED) {
    await db.query(`SELECT xlsx.undo(${json.taskId})`);
    events.push(await inbox.next());
    const other = await db.idleTask();
    await socket.emitWithAck(IncomingEvents.JOIN_TASK, { taskId: other });
    await inbox.take(2);
    await db.query(`SELECT xlsx.delete(${other})`);
    events.push(...await inbox.take(2));
  }
  socket.emit(IncomingEvents.LEAVE_TASK, { taskId: json.taskId });
  events.push(await inbox.next());
  socket.emit(IncomingEvents.JOIN_TASK, { taskId: 0 });
  events.push(await inbox.next());
  socket.close();
  return events;
}

describe('S-076 S-095 S-150 the schemas', () => {
  test('S-077 hold for every event of an import, whichever way it ends', async () => {
    const files = [people(2500), people(50, (row) => (row === 7 ? 1 : undefined)), [['Name', 'Sex', 'Id'], ['Ann', 'F', '1']]];
    const seen = new Set();
    for (const rows of files) {
      for (const [name, data] of await eventsOf(rows)) {
        seen.add(name);
        conforms(name, data);
      }
    }
    assert.deepEqual([...seen].sort(), Object.values(OutgoingEvents).sort());
  });

  test('hold for the tasks of the list', async () => {
    await db.idleTask();
    const { json } = await api(server.url, '/tasks');
    assert.ok(json.data.length > 0);
    for (const task of json.data) conforms('Task', task);
    assert.ok(json.data.every((task) => Object.keys(task).every((name) => name in schema.$defs.Task.properties)), 'every member has its schema');
  });

  test('refuse what is wrong', () => {
    const refuse = (name, value) => assert.equal(ajv.getSchema(`pg_xlsx#/$defs/${name}`)(value), false, JSON.stringify(value));
    refuse('TaskStatus', 'DONE');
    refuse('task-progress', { taskId: 1, progress: 101 });
    refuse('task-progress', { phase: 'SAVING' });
    refuse('task-completed', { taskId: 1 });
    refuse('join-task', { taskId: '7' });
  });
});

describe('the AsyncAPI document', () => {
  test('that the sidecar serves is made of these schemas', async () => {
    const { asyncapi } = await import(join(root, 'notifier/client/asyncapi.js'));
    const { json } = await api(server.url, '/asyncapi.json', { base: '' });
    assert.deepEqual(json, JSON.parse(JSON.stringify(asyncapi(schema))));
    assert.deepEqual(Object.keys(json.components.messages).sort(),
      [...Object.values(IncomingEvents), ...Object.values(OutgoingEvents), ...Object.values(client.TokenEvents)].sort());
  });
});

describe('the types of a Socket.IO client', () => {
  const check = (name, code) => {
    const folder = join(root, 'notifier/client/build-types');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `${name}.ts`), `
      import { io, type Socket } from 'socket.io-client';
      import type { ClientToServerEvents, ServerToClientEvents } from '../dist/index.js';
      const socket: Socket<ServerToClientEvents, ClientToServerEvents> = io('/upload-xlsx');
      ${code}`);
    const { status, stdout } = spawnSync(join(root, 'notifier/node_modules/.bin/tsc'), ['--noEmit', '--strict', '--skipLibCheck', '--target', 'es2022', '--module', 'esnext',
      '--moduleResolution', 'bundler', join(folder, `${name}.ts`)], { encoding: 'utf8' });
    rmSync(folder, { recursive: true });
    return status === 0 ? '' : stdout;
  };

  test('know every event and its members, those that are always sent without a question', () => {
    assert.equal(check('good', `
      socket.on('task-progress', ({ taskId, seq, progress }) => { const all: number = taskId + seq + (progress ?? 0); console.log(all); });
      socket.on('task-completed', (task) => { const rows: number = task.insertedRows + task.skippedRows; console.log(rows, task.mode.length); });
      socket.on('task-deleted', ({ taskId }) => console.log(taskId.toFixed()));
      socket.on('exception', ({ code, retryable, taskId }) => console.log(code.length, retryable, taskId));
      socket.emit('join-task', { taskId: 1 });
      socket.emit('join-task', { taskId: '1' }, (answer) => console.log('taskId' in answer));
      socket.emit('auth', { token: 'x' });`), '');
  });

  test('refuse others', () => {
    assert.match(check('event', "socket.on('task-finished', () => {});"), /task-finished/);
    assert.match(check('payload', "socket.emit('join-task', { id: 1 });"), /taskId/);
    assert.match(check('member', "socket.on('task-failed', ({ reason }) => console.log(reason));"), /reason/);
  });
});

describe('S-098 S-165 the names of the events', () => {
  test('are constants, those of the seed by its own names', () => {
    assert.deepEqual(IncomingEvents, { JOIN_TASK: 'join-task', LEAVE_TASK: 'leave-task' });
    const { JOINED_TASK, LEFT_TASK, TASK_PROGRESS, TASK_COMPLETED, TASK_FAILED, WORKBOOK_LOADING, HEADER_VALIDATION, PROCESSING_COMPLETED } = OutgoingEvents;
    assert.deepEqual([JOINED_TASK, LEFT_TASK, TASK_PROGRESS, TASK_COMPLETED, TASK_FAILED, WORKBOOK_LOADING, HEADER_VALIDATION, PROCESSING_COMPLETED],
      ['joined-task', 'left-task', 'task-progress', 'task-completed', 'task-failed', 'workbook-loading', 'header-validation', 'processing-completed']);
    assert.equal(NAMESPACE, '/upload-xlsx');
  });
});

describe('S-040 S-164 the types', () => {
  test('have the statuses of the seed, and CANCELLED', () => {
    assert.deepEqual(client.ACTIVE_STATUSES, ['PENDING', 'PROCESSING']);
    assert.deepEqual(client.TERMINAL_STATUSES, ['COMPLETED', 'HAS_ERRORS', 'FAILED', 'CANCELLED']);
    assert.deepEqual(client.PHASES, ['LOADING_WORKBOOK', 'VALIDATING_HEADERS', 'VALIDATING', 'SAVING']);
    assert.deepEqual(schema.$defs.TaskStatus.enum, [...client.ACTIVE_STATUSES, ...client.TERMINAL_STATUSES]);
  });

  test('S-076 describe progress as the seed does: a phase, a number from 0 to 100, counts of rows, all optional', () => {
    const validate = ajv.getSchema('pg_xlsx#/$defs/task-progress');
    for (const good of [{}, { phase: 'SAVING' }, { progress: 0 }, { progress: 100 }, { totalRows: 0, validatedRows: 0, errorRows: 0, savedRows: 0 }]) {
      assert.ok(validate({ taskId: 1, ...good }), JSON.stringify(good));
    }
    for (const bad of [{ progress: -1 }, { progress: 101 }, { phase: 7 }, { totalRows: -1 }, { validatedRows: 1.5 }, { errorRows: '5' }, { savedRows: null }]) {
      assert.equal(validate({ taskId: 1, ...bad }), false, JSON.stringify(bad));
    }
  });
});

const task = {
  id: 1, profile: 'people', fileName: 'people.xlsx', fileSize: 1, status: 'PROCESSING', phase: 'VALIDATING', progress: 35, totalRows: 1000,
  validatedRows: 500, errorRows: 1, savedRows: 0, attempts: 1, errorMessage: null, createdAt: '', updatedAt: '', startedAt: null, completedAt: null,
};

describe('progress', () => {
  test('of a phase is the same before and after it is a share of the job', () => {
    for (let percent = 0; percent <= 100; percent++) {
      assert.equal(phaseProgress(applyProgress(task, { taskId: 1, phase: 'VALIDATING', progress: percent })).validating, percent);
      assert.deepEqual(phaseProgress(applyProgress(task, { taskId: 1, phase: 'SAVING', progress: percent })), { validating: 100, saving: percent });
    }
  });

  test('of phases without bars is none', () => {
    assert.deepEqual(phaseProgress(applyProgress(task, { taskId: 1, phase: 'VALIDATING_HEADERS' })), { validating: 0, saving: 0 });
  });

  test('takes the counters along, and nothing of a task that has ended', () => {
    assert.equal(applyProgress(task, { taskId: 1, phase: 'SAVING', progress: 1, savedRows: 9 }).savedRows, 9);
    const over = { ...task, status: 'COMPLETED' };
    assert.equal(applyProgress(over, { taskId: 1, phase: 'SAVING', progress: 1 }), over);
  });

  test('ends with the task, or with what went wrong', () => {
    assert.equal(applyEnd(task, { ...task, taskId: 1, seq: 9, status: 'COMPLETED', savedRows: 999 }).savedRows, 999);
    const failed = applyEnd(task, { taskId: 1, seq: 9, status: 'CANCELLED', error: 'import was cancelled' });
    assert.deepEqual([failed.status, failed.errorMessage, isActive(failed)], ['CANCELLED', 'import was cancelled', false]);
  });

  test('is not set back by an answer that was on its way, but by all that is news', () => {
    const shown = applyProgress(task, { taskId: 1, phase: 'SAVING', progress: 10, savedRows: 100 });
    assert.equal(reconcile(task, shown).savedRows, 100);
    assert.equal(reconcile({ ...task, attempts: 2 }, shown).savedRows, 0);
    assert.equal(reconcile({ ...task, status: 'CANCELLED' }, shown).status, 'CANCELLED');
    assert.equal(reconcile({ ...task, phase: 'SAVING', progress: 90, savedRows: 900 }, shown).savedRows, 900);
    assert.equal(reconcile(task, undefined), task);
  });
});

describe('the hybrid strategy', () => {
  // A page without a page: what it was told, in order.
  function follower(more = {}) {
    const told = new Inbox();
    const live = new LiveTasks({
      connect,
      onProgress: (event) => told.put(['progress', event]),
      onEnd: (event) => told.put(['end', event]),
      onConnection: (connection) => told.put(['connection', connection]),
      resync: () => told.put(['resync']),
      ...more,
    });
    atEnd(() => live.close());
    const until = async (kind, value) => {
      for (;;) {
        const [name, data] = await told.next();
        if (name === kind && (value === undefined || value === data)) return data;
      }
    };
    return { live, told, until };
  }

  test('S-135 polls every 30 s, and every 5 s while the socket is down', () => {
    assert.deepEqual(['off', 'connecting', 'live', 'reconnecting'].map(pollInterval), [30000, 5000, 30000, 5000]);
  });

  test('makes no socket for tasks that have ended', async () => {
    const { live } = follower();
    live.follow([{ id: 1, status: 'COMPLETED' }, { id: 2, status: 'FAILED' }]);
    assert.equal(live.connection, 'off');
  });

  test('S-132 S-136 S-140 joins what is active, leaves what has ended, and closes', async () => {
    const [one, two] = [await db.idleTask(), await db.idleTask()];
    const { live, until } = follower();
    live.follow([{ id: one, status: 'PENDING' }, { id: two, status: 'PENDING' }, { id: 999, status: 'COMPLETED' }]);
    await until('connection', 'live');
    await becomes(server.url, 'rooms', 2);
    live.follow([{ id: one, status: 'PENDING' }, { id: two, status: 'COMPLETED' }]);
    await becomes(server.url, 'rooms', 1);
    await api(server.url, `/tasks/${one}/cancel`, { method: 'POST' });
    assert.equal((await until('end')).taskId, one);
    await until('resync');
    await until('connection', 'off');
    await becomes(server.url, 'sessions', 0);
  });

  test('is live when its rooms are joined, not before', async () => {
    const id = await db.idleTask();
    const { live, until } = follower();
    const holder = db.session();
    await holder.run('BEGIN; LOCK TABLE xlsx_private.task');
    live.follow([{ id, status: 'PENDING' }]);
    while (await db.query(`SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'xlsx_private.task'::regclass`) === '0');
    assert.equal(live.connection, 'connecting');
    await holder.run('COMMIT');
    await holder.close();
    await until('connection', 'live');
    await db.emit(id, 'task-progress', { phase: 'VALIDATING_HEADERS' });
    while ((await until('progress')).phase !== 'VALIDATING_HEADERS');
    live.close();
  });

  for (const [what, gives] of [['given before the old one expires', true], ['given on connecting again', false]]) {
    test(`survives its token: a fresh one is ${what}`, async () => {
      const tenants = await Tenants.create();
      const fresh = (seconds) => token({ role: ANN, exp: now() + seconds });
      const id = Number(await tenants.db.query(`SET ROLE ${ANN}; SELECT xlsx.submit('people', '\\x504b0304'::bytea, 'idle.xlsx', run_at => now() + '1 day')`));
      let seconds = 3;
      const { live, told, until } = follower({
        connect: () => {
          const socket = io(tenants.server.url + NAMESPACE, { forceNew: true, auth: (give) => give({ token: fresh(seconds) }) });
          atEnd(() => socket.close());
          return socket;
        },
        ...(gives && { token: async () => fresh(600) }),
      });
      live.follow([{ id, status: 'PENDING' }]);
      await until('connection', 'live');
      seconds = 600;
      if (!gives) {
        await until('connection', 'reconnecting');
        await until('connection', 'live');
      } else await new Promise((resolve) => setTimeout(resolve, 4000));   // past the end of the first token
      assert.equal(live.connection, 'live');
      await tenants.db.query(`SELECT xlsx.cancel(${id})`);
      for (;;) {
        const [name, event] = await told.next();
        assert.notEqual(gives && event, 'reconnecting');
        if (name === 'end') break;
      }
      live.close();
      await tenants.remove();
    });
  }

  test('goes on from the state after a failover to a database whose numbers are older', async () => {
    const id = await db.idleTask();
    const { live, until } = follower();
    live.follow([{ id, status: 'PENDING' }]);
    await until('progress');
    await db.query(`SELECT pg_notify(name, '${id} task-progress {"taskId":${id},"seq":7000,"phase":"SAVING","progress":90}') FROM xlsx_private.channel`);
    assert.equal((await until('progress')).progress, 90);
    await db.query("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'pg_xlsx_notifier'");
    assert.equal((await until('progress')).status, 'PENDING');
    await api(server.url, `/tasks/${id}/cancel`, { method: 'POST' });
    assert.equal((await until('end')).taskId, id);
    live.close();
  });

  test('tells no event that is older than one told before', async () => {
    const id = await db.idleTask();
    const { live, until } = follower();
    live.follow([{ id, status: 'PENDING' }]);
    // The snapshot comes first, whatever its number is.
    const { seq } = await until('progress');
    const emitAs = async (number, event) => {
      await db.query(`UPDATE xlsx_private.task SET seq = ${number - 1} WHERE id = ${id}`);
      await db.emit(id, 'task-progress', event);
    };
    await emitAs(seq + 10, { phase: 'SAVING', progress: 50 });
    await emitAs(seq + 5, { phase: 'VALIDATING', progress: 99 });
    await emitAs(seq + 11, { phase: 'SAVING', progress: 60 });
    assert.equal((await until('progress')).progress, 50);
    assert.equal((await until('progress')).progress, 60);
    live.close();
  });

  test('after the sidecar was away it is live again, reads the list and joins its rooms', async () => {
    const id = await db.idleTask();
    const { live, until } = follower();
    live.follow([{ id, status: 'PENDING' }]);
    await until('connection', 'live');
    const { port } = server;
    await server.stop('SIGKILL');
    await until('connection', 'reconnecting');
    assert.equal(live.pollInterval, 5000);
    server = await Notifier.start({ 'database-url': db.url, port });
    await until('connection', 'live');
    await until('resync');
    await becomes(server.url, 'rooms', 1);
    assert.equal(live.pollInterval, 30000);
    live.close();
  });

  test('a task whose room is refused is not asked for at once again, but with the next reading', async () => {
    const { live, until } = follower();
    live.follow([{ id: 987654, status: 'PENDING' }]);
    await until('resync');
    live.follow([{ id: 987654, status: 'PENDING' }]);
    assert.equal(live.connection, 'off');
    await until('resync');
    live.follow([{ id: 987654, status: 'PENDING' }]);
    assert.equal(live.connection, 'connecting');
    live.close();
  });
});

// Imports that were recorded as they came from the sidecar, of a machine that had nothing else to do; "at" in milliseconds.
// fast: 600,000 rows, no index; all_or_nothing: 300,000 rows, no index; slow: 200,000 rows, five indexes and a row trigger.
function recorded(name) {
  return JSON.parse(readFileSync(new URL(`recorded/${name}.json`, import.meta.url), 'utf8'));
}

// The estimates after each event, from a quarter of the way on, beside the time that it really took from there.
function estimates(events) {
  const pace = new Pace();
  let shown = { ...task, status: 'PENDING', phase: null, totalRows: 0, validatedRows: 0, errorRows: 0 };
  const end = events.at(-1).at;
  return events.flatMap(({ at, ...event }) => {
    shown = applyProgress(shown, { taskId: 1, ...event });
    pace.observe(shown, at);
    return at > end / 4 && at < end ? [{ ...event, told: pace.read(at)?.leftMs, left: end - at, end }] : [];
  });
}

// The last moments are as long as a commit takes by chance: what is shorter than a twentieth of the whole counts as that.
function isNear({ told, left, end }) {
  const [a, b] = [told, left].map((ms) => Math.max(ms, end / 20));
  return told !== undefined && Math.max(a / b, b / a) <= 1.5;
}

describe('the time left', () => {
  for (const name of ['fast', 'all_or_nothing', 'slow']) {
    test(`is near from a quarter of the way on: ${name}`, () => {
      const all = estimates(recorded(name));
      const off = all.filter((one) => !isNear(one));
      assert.ok(all.length >= 10, `${all.length} events`);
      assert.ok(off.length <= all.length / 5, `${off.length} of ${all.length} are off: ${JSON.stringify(off)}`);
    });
  }

  test('is not told before there is something to tell, nor of what does not run', () => {
    const pace = new Pace();
    pace.observe({ ...task, validatedRows: 0 }, 0);
    assert.equal(pace.read(10), null);
    pace.observe({ ...task, validatedRows: 100 }, 1000);
    assert.ok(pace.read(1000).leftMs > 0);
    pace.observe({ ...task, status: 'COMPLETED', phase: null }, 2000);
    assert.equal(pace.read(2000), null);
  });
});

describe('between two attempts', () => {
  const waiting = applyProgress({ ...task, attempts: 1 }, { taskId: 1, phase: 'RETRYING', attempt: 2, retryInMs: 2000, waitingFor: 'room' }, 1000);

  test('a task knows which comes next, and when', () => {
    assert.deepEqual([waiting.status, waiting.nextAttempt, waiting.retryAt, waiting.waitingFor], ['PENDING', 2, 3000, 'room']);
  });

  test('an answer of HTTP does not take that away, and the next event does', () => {
    const fetched = reconcile({ ...task, attempts: 1, status: 'PENDING', phase: null, progress: 20 }, waiting);
    assert.deepEqual([fetched.nextAttempt, fetched.retryAt], [2, 3000]);
    const again = applyProgress(waiting, { taskId: 1, phase: 'LOADING_WORKBOOK' });
    assert.deepEqual([again.nextAttempt, again.retryAt, again.waitingFor], [undefined, undefined, null]);
  });
});
