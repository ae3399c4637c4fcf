// Two true bars: VALIDATING counts the rows examined, SAVING the rows committed, each from 0 to 100.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import { io } from 'socket.io-client';
import { api, upload } from './support/api.js';
import { atEnd } from './support/cleanup.js';
import { Database } from './support/cluster.js';
import { Inbox } from './support/inbox.js';
import { Notifier } from './support/notifier.js';

const MAKEBOOK = new URL('../../../build/makebook', import.meta.url).pathname;
const INDEXES = ['name', 'gender', 'bio_id', 'task_id, bio_id', 'bio_id, name'];
const TERMINAL = ['task-completed', 'task-failed'];

let db;
let server;
let folder;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bars'));
  db = await Database.create();
  server = await Notifier.start({ 'database-url': db.url });
});
after(async () => {
  await server.stop();
  await db.drop();
  rmSync(folder, { recursive: true });
});

function book(rows, ...options) {
  const path = join(folder, `${rows}${options.join('')}.xlsx`);
  execFileSync(MAKEBOOK, ['-r', String(rows), ...options, path]);
  return readFileSync(path);
}

// All events of an import with the time at which each came, and what GET /tasks/:id said meanwhile.
async function record(file, options = {}) {
  const socket = io(`${server.url}/upload-xlsx`, { transports: ['websocket'], forceNew: true });
  atEnd(() => socket.close());
  const inbox = new Inbox();
  socket.onAny((name, data) => inbox.put({ name, ...data, at: performance.now() }));
  await once(socket, 'connect');
  // Nothing starts before the room is joined.
  await db.query('SELECT xlsx.pause()');
  const { status, json } = await upload(server.url, file, 'people.xlsx', options);
  assert.equal(status, 201, JSON.stringify(json));
  await socket.emitWithAck('join-task', { taskId: json.taskId });
  await db.query('SELECT xlsx.resume()');
  const events = [];
  const answers = [];
  let ended = false;
  const polling = (async () => {
    while (!ended) {
      const asked = performance.now();
      answers.push({ ...(await api(server.url, `/tasks/${json.taskId}`)).json, asked });
      await new Promise((resolve) => { setTimeout(resolve, 50); });
    }
  })();
  do events.push(await inbox.next(120_000)); while (!TERMINAL.includes(events.at(-1).name));
  ended = true;
  await polling;
  socket.close();
  const progress = events.filter(({ name }) => name === 'task-progress');
  return { events, progress, of: (phase) => progress.filter((event) => event.phase === phase), answers, end: events.at(-1), taskId: json.taskId };
}

async function until(taskId, holds) {
  let task;
  do task = (await api(server.url, `/tasks/${taskId}`)).json; while (!holds(task));
  return task;
}

const percents = (events) => events.map(({ progress }) => progress);
const steps = (events) => percents(events).filter((percent, index, all) => index > 0 && percent > all[index - 1]).length;

function rises(events, what) {
  const all = percents(events);
  assert.deepEqual(all, [...all].sort((a, b) => a - b), `${what} never falls`);
  assert.deepEqual([all[0], all.at(-1)], [0, 100], `${what} goes from 0 to 100`);
}

function noGaps(events, limit, what) {
  for (let i = 1; i < events.length; i++) {
    assert.ok(events[i].at - events[i - 1].at <= limit, `${what}: ${Math.round(events[i].at - events[i - 1].at)} ms between ${JSON.stringify(events[i - 1])} and the next`);
  }
}

// What holds for every import above 1 MB, whatever its target.
function honest({ events, progress, of, answers, end }, rows) {
  const [validating, saving] = [of('VALIDATING'), of('SAVING')];
  rises(validating, 'VALIDATING');
  rises(saving, 'SAVING');
  assert.ok(progress.indexOf(validating.at(-1)) < progress.indexOf(saving[0]), 'SAVING is told after VALIDATING has ended');
  assert.equal(saving[0].savedRows, 0);
  assert.equal(saving.at(-1).savedRows, rows);
  const numbers = events.map(({ seq }) => seq).filter((seq) => seq !== undefined);
  assert.deepEqual(numbers, [...numbers].sort((a, b) => a - b), 'seq rises');
  // Whoever asks in the moment of the last commit may get the row of before it, without the progress in shared memory, which is over.
  const jobs = answers.filter(({ asked }) => asked < end.at - 100).map(({ progress: job }) => job);
  assert.deepEqual(jobs, [...jobs].sort((a, b) => a - b), 'progress of the task never falls');
  for (const { phase, progress: job } of answers) {
    if (phase === 'VALIDATING') assert.ok(job >= 20 && job <= 50, `VALIDATING at ${job}`);
    if (phase === 'SAVING') assert.ok(job >= 50, `SAVING at ${job}`);
  }
  assert.equal(end.savedRows, rows);
}

const ROWS = 600_000;

describe('S-071 S-073 an import of 600,000 rows into a table with five indexes', () => {
  before(async () => {
    for (const columns of INDEXES) await db.query(`CREATE INDEX ON people (${columns})`);
  });

  test('tells both phases in steps, twenty milliseconds apart', async () => {
    await db.query(`ALTER DATABASE ${db.name} SET pg_xlsx.progress_interval = '20ms'`);
    const recorded = await record(book(ROWS));
    honest(recorded, ROWS);
    for (const phase of ['VALIDATING', 'SAVING']) assert.ok(steps(recorded.of(phase)) >= 10, `${phase} rises ${steps(recorded.of(phase))} times`);
    noGaps(recorded.progress.filter(({ phase }) => phase === 'VALIDATING' || phase === 'SAVING'), 1000, 'no gap');
    const checked = recorded.of('VALIDATING').at(-1).at - recorded.of('VALIDATING')[0].at;
    const saved = recorded.of('SAVING').at(-1).at - recorded.of('SAVING')[0].at;
    assert.ok(saved > checked, 'VALIDATING ends early');
    assert.equal(Number(await db.query('SELECT count(*) FROM people')), ROWS);
    await db.query('TRUNCATE people');
  });

  test('with the usual interval tells what that lets through', async () => {
    await db.query(`ALTER DATABASE ${db.name} RESET pg_xlsx.progress_interval`);
    const recorded = await record(book(ROWS));
    honest(recorded, ROWS);
    assert.ok(steps(recorded.of('SAVING')) >= 10, `SAVING rises ${steps(recorded.of('SAVING'))} times`);
    for (const phase of ['VALIDATING', 'SAVING']) {
      const between = recorded.of(phase).slice(1, -1);
      for (let i = 1; i < between.length; i++) assert.ok(between[i].at - between[i - 1].at > 100, 'events keep their distance');
    }
    await db.query('TRUNCATE people');
  });

  test('in a transaction that keeps all or nothing tells it as a promise', async () => {
    await db.query(`ALTER DATABASE ${db.name} SET pg_xlsx.progress_interval = '20ms'`);
    const recorded = await record(book(ROWS / 4), { mode: 'all_or_nothing' });
    await db.query(`ALTER DATABASE ${db.name} RESET pg_xlsx.progress_interval`);
    honest(recorded, ROWS / 4);
    const saving = recorded.of('SAVING');
    assert.ok(steps(saving) >= 10, `SAVING rises ${steps(saving)} times`);
    assert.ok(saving.slice(1, -1).every(({ committed }) => committed === false), 'what is between is not committed');
    assert.equal(saving.at(-1).committed, undefined, 'the end is');
    await db.query('TRUNCATE people');
  });

  test('says where it is to whoever joins late', async () => {
    const { json } = await upload(server.url, book(ROWS / 4), 'late.xlsx');
    await until(json.taskId, ({ progress }) => progress > 60);
    const socket = io(`${server.url}/upload-xlsx`, { transports: ['websocket'], forceNew: true });
    atEnd(() => socket.close());
    const inbox = new Inbox();
    socket.on('task-progress', (data) => inbox.put(data));
    socket.emit('join-task', { taskId: json.taskId });
    const snapshot = await inbox.next();
    const next = await inbox.next();
    assert.equal(snapshot.phase, 'SAVING');
    assert.ok(snapshot.progress > 20 && snapshot.savedRows > 0, JSON.stringify(snapshot));
    assert.ok(next.seq > snapshot.seq && next.progress >= snapshot.progress, `${JSON.stringify(snapshot)}, then ${JSON.stringify(next)}`);
    socket.close();
    await until(json.taskId, ({ status }) => status === 'COMPLETED');
    await db.query('TRUNCATE people');
  });
});

describe('a target whose trigger takes long', () => {
  test('does not let the bars stand', async () => {
    await db.query(`
      CREATE FUNCTION take_time() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.001); RETURN NEW; END $$;
      CREATE TRIGGER take_time BEFORE INSERT ON people FOR EACH ROW WHEN (NEW.bio_id LIKE '%1') EXECUTE FUNCTION take_time()`);
    const rows = 50_000;
    const recorded = await record(book(rows));
    honest(recorded, rows);
    noGaps(recorded.of('SAVING'), 1000, 'SAVING');
    const inOneGo = await record(book(rows), { mode: 'all_or_nothing' });
    honest(inOneGo, rows);
    noGaps(inOneGo.of('SAVING'), 1000, 'SAVING');
    await db.query('DROP FUNCTION take_time CASCADE; TRUNCATE people');
  });
});

describe('a rule on rows that takes long', () => {
  test('does not let VALIDATING stand', async () => {
    await db.query(`
      CREATE FUNCTION ponder(text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.0005); RETURN true; END $$;
      SELECT xlsx.add_rule('people', 'expression', argument => ARRAY['public.ponder(name)'])`);
    const rows = 6000;
    const recorded = await record(book(rows));
    honest(recorded, rows);
    assert.ok(steps(recorded.of('VALIDATING')) >= 10, `VALIDATING rises ${steps(recorded.of('VALIDATING'))} times`);
    noGaps(recorded.of('VALIDATING'), 1000, 'VALIDATING');
  });
});
