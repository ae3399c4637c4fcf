// The parts that the seed names, and what serves each of them, over the wire.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import { io } from 'socket.io-client';
import { api, becomes, form, post, upload } from './support/api.js';
import { atEnd } from './support/cleanup.js';
import { Database } from './support/cluster.js';
import { request } from './support/engine.js';
import { Inbox } from './support/inbox.js';
import { Notifier } from './support/notifier.js';
import { people, readWorkbook, workbook } from './support/workbook.js';

const BASES = ['/applications/upload-large-xlsx', '/upload-xlsx'];

let db;
let server;

before(async () => {
  db = await Database.create();
  await db.query(`ALTER DATABASE ${db.name} SET pg_xlsx.progress_interval = 0`);
  server = await Notifier.start({ 'database-url': db.url });
});
after(async () => {
  await server.stop();
  await db.drop();
});

const finished = (id) => db.query(`SELECT xlsx.wait(${id}, '60 s')`);

async function client() {
  const socket = io(`${server.url}/upload-xlsx`, { transports: ['websocket'], forceNew: true });
  atEnd(() => socket.close());
  const inbox = new Inbox();
  socket.onAny((name, data) => inbox.put([name, data]));
  await once(socket, 'connect');
  return { socket, inbox };
}

describe('configuration', () => {
  test('S-001 the database is known by one URL, DATABASE_URL', async () => {
    const { taskId } = (await upload(server.url, workbook(people(1)))).json;
    const other = await Database.create();
    const byUrl = async (url) => {
      const one = await Notifier.start({}, { env: { DATABASE_URL: url } });
      const { status } = await api(one.url, `/tasks/${taskId}`);
      await one.stop();
      return status;
    };
    assert.deepEqual([await byUrl(db.url), await byUrl(other.url)], [200, 404]);
    await other.drop();
    await finished(taskId);
  });

  test('S-160 the queue is set up as in the seed: attempts, delay, jobs that are kept, life of a file', async () => {
    const settings = Object.fromEntries((await db.json(`SELECT name, boot_val || coalesce(unit, '') AS value FROM pg_settings WHERE name LIKE 'pg_xlsx.%'`))
      .map(({ name, value }) => [name.slice('pg_xlsx.'.length), value]));
    const { max_attempts, retry_delay, keep_completed_jobs, keep_failed_jobs, upload_ttl, redis_url } = settings;
    assert.deepEqual({ max_attempts, retry_delay, keep_completed_jobs, keep_failed_jobs, upload_ttl, redis_url },
      { max_attempts: '3', retry_delay: '2000ms', keep_completed_jobs: '10', keep_failed_jobs: '50', upload_ttl: '3600s', redis_url: '' });
  });
});

describe('S-161 the five endpoints', () => {
  for (const base of BASES) {
    test(`of ${base} answer as the seed says`, async () => {
      const { status, json } = await post(server.url, form([['file', workbook(people(3, (row) => (row === 2 ? 1 : undefined))), 'people.xlsx']]), `${base}/upload`);
      assert.equal(status, 201);
      await finished(json.taskId);
      const list = (await api(server.url, '/tasks', { base })).json;
      assert.equal(list.data[0].id, json.taskId);
      const one = (await api(server.url, `/tasks/${json.taskId}`, { base })).json;
      assert.deepEqual([one.id, one.dataCount, one.errorCount], [json.taskId, 2, 1]);
      const errors = await request(`${server.url}${base}/get-validation-errors-by-task-id/${json.taskId}`);
      assert.deepEqual(Array.from(readWorkbook(errors.body).rows[1]), ['3', 'Person 2', undefined, 'B2', 'Gender is required']);
      const deletion = await api(server.url, `/delete-task-by-id/${json.taskId}`, { base, method: 'DELETE' });
      assert.equal(deletion.status, 200);
      assert.equal((await api(server.url, `/tasks/${json.taskId}`, { base })).status, 404);
    });
  }
});

describe('an upload', () => {
  test('S-042 S-130 S-162 stores the file, makes the task PENDING, and answers its id and what is known of the file', async () => {
    await db.query('SELECT xlsx.pause()');
    const file = workbook(people(2));
    const { status, json } = await upload(server.url, file, 'layer1.xlsx');
    assert.equal(status, 201);
    const { taskId, id, createdAt, ...rest } = json;
    assert.equal(taskId, id);
    assert.deepEqual(rest, { fileName: 'layer1.xlsx', fileSize: file.length, status: 'PENDING' });
    const task = (await api(server.url, `/tasks/${taskId}`)).json;
    assert.deepEqual([task.status, task.phase, task.progress, task.startedAt, task.createdAt], ['PENDING', null, 0, null, createdAt]);
    assert.deepEqual(await db.json(`SELECT f.size::int AS size, f.complete FROM xlsx_private.task t JOIN xlsx_private.file f ON f.id = t.file_id WHERE t.id = ${taskId}`),
      [{ size: file.length, complete: true }]);
    await db.query('SELECT xlsx.resume()');
    assert.equal(await finished(taskId), 'COMPLETED');
  });

  test('S-055 S-166 queues one job', async () => {
    const { taskId } = (await upload(server.url, workbook(people(2)))).json;
    await finished(taskId);
    assert.deepEqual(await db.json(`SELECT attempt, status FROM xlsx.jobs WHERE task_id = ${taskId}`), [{ attempt: 1, status: 'COMPLETED' }]);
    assert.equal(await db.query(`SELECT count(*) FROM people WHERE task_id = ${taskId}`), '2');
  });
});

describe('S-163 the gateway', () => {
  test('S-080 to S-085 joins, tells and lets go, by the names of the seed', async () => {
    const task = await db.idleTask();
    const { socket, inbox } = await client();
    socket.emit('join-task', { taskId: task });
    assert.deepEqual(await inbox.next(), ['joined-task', { taskId: task }]);
    const [snapshot] = await inbox.next();
    assert.equal(snapshot, 'task-progress');
    await db.emit(task, 'task-progress', { phase: 'SAVING', progress: 85, savedRows: 850 });
    assert.equal((await inbox.next())[1].savedRows, 850);
    socket.emit('leave-task', { taskId: task });
    assert.deepEqual(await inbox.next(), ['left-task', { taskId: task }]);
    await becomes(server.url, 'rooms', 0);
    socket.close();
  });

  // The examples of layer 4 and of the emitters, each as it stands in the seed.
  const examples = [
    ['S-078', 'task-progress', { phase: 'LOADING_WORKBOOK' }],
    ['S-078', 'task-progress', { phase: 'VALIDATING_HEADERS' }],
    ['S-078', 'task-progress', { phase: 'VALIDATING', progress: 25, totalRows: 1000, validatedRows: 250, errorRows: 5 }],
    ['S-078', 'task-progress', { phase: 'SAVING', progress: 85, savedRows: 850 }],
    ['S-174', 'task-completed', { status: 'COMPLETED', savedRows: 995 }],
    ['S-174', 'task-failed', { error: 'Processing failed' }],
    ['S-175', 'workbook-loading', {}],
    ['S-175', 'header-validation', {}],
    ['S-175', 'processing-completed', { totalRows: 1000 }],
  ];
  test('S-077 S-078 S-174 S-175 carries each event of the seed to its room, with the taskId', async () => {
    const task = await db.idleTask();
    const { socket, inbox } = await client();
    socket.emit('join-task', { taskId: task });
    await inbox.take(2);
    for (const [number, event, payload] of examples) {
      await db.emit(task, event, payload);
      const [name, { seq, ...data }] = await inbox.next();
      assert.deepEqual([name, data], [event, { taskId: task, ...payload }], number);
    }
    socket.close();
  });
});

describe('the progress of the whole job', () => {
  // Stops a task at a row while it is VALIDATING, or while it is SAVING, and reads how far it says it is.
  async function progressAt(phase) {
    const one = await Database.create();
    await one.query(`ALTER DATABASE ${one.name} SET pg_xlsx.progress_interval = 0`);
    await one.query(phase === 'SAVING' ? `
      CREATE FUNCTION stop_here() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_advisory_xact_lock_shared(1); RETURN NEW; END $$;
      CREATE TRIGGER stop_here AFTER INSERT ON people FOR EACH ROW WHEN (NEW.bio_id = 'B2500') EXECUTE FUNCTION stop_here()` : `
      CREATE FUNCTION stop_here(value text) RETURNS boolean LANGUAGE plpgsql AS $$
      BEGIN IF value = 'B2500' THEN PERFORM pg_advisory_xact_lock_shared(1); END IF; RETURN true; END $$;
      CREATE DOMAIN stopping AS text CHECK (stop_here(VALUE));
      ALTER TABLE people ALTER bio_id TYPE stopping`);
    const own = await Notifier.start({ 'database-url': one.url });
    const holder = one.session();
    await holder.run('SELECT pg_advisory_lock(1)');
    const { taskId } = (await upload(own.url, workbook(people(4000)))).json;
    while (await one.query(`SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'advisory' AND backend_type LIKE '%xlsx%' AND datname = current_database()`) === '0');
    const at = (await api(own.url, `/tasks/${taskId}`)).json;
    await holder.run('SELECT pg_advisory_unlock_all()');
    await one.query(`SELECT xlsx.wait(${taskId})`);
    const end = (await api(own.url, `/tasks/${taskId}`)).json;
    await holder.close();
    await own.stop();
    await one.drop();
    return { at, end };
  }

  test('S-074 is below 20 before validating', async () => {
    const task = await db.idleTask();
    assert.equal((await api(server.url, `/tasks/${task}`)).json.progress, 0);
    const broken = (await upload(server.url, workbook([['Name', 'Sex'], ['Ann', 'F']]))).json.taskId;
    assert.equal(await finished(broken), 'FAILED');
    const { progress } = (await api(server.url, `/tasks/${broken}`)).json;
    assert.ok(progress >= 0 && progress <= 20, `${progress} at wrong headers`);
  });

  test('S-043 S-072 goes from 20 to 50 while validating', async () => {
    const { at } = await progressAt('VALIDATING');
    assert.deepEqual([at.status, at.phase], ['PROCESSING', 'VALIDATING']);
    assert.ok(at.progress > 20 && at.progress < 50, `${at.progress} in mid-validation`);
  });

  test('S-073 and from 50 to 100 while saving', async () => {
    const { at, end } = await progressAt('SAVING');
    assert.deepEqual([at.status, at.phase], ['PROCESSING', 'SAVING']);
    assert.ok(at.progress > 50 && at.progress < 100, `${at.progress} in mid-saving`);
    assert.deepEqual([end.status, end.progress], ['COMPLETED', 100]);
  });
});

describe('the truth', () => {
  test('S-143 is what HTTP says, whatever sockets have told', async () => {
    const { taskId } = (await upload(server.url, workbook(people(3)))).json;
    await finished(taskId);
    const before = (await api(server.url, `/tasks/${taskId}`)).json;
    await db.emit(taskId, 'task-progress', { phase: 'VALIDATING', progress: 1, totalRows: 9, validatedRows: 0, errorRows: 9 });
    const after = (await api(server.url, `/tasks/${taskId}`)).json;
    for (const name of ['status', 'phase', 'progress', 'totalRows', 'validatedRows', 'errorRows', 'savedRows']) assert.equal(after[name], before[name], name);
    const { data } = (await api(server.url, '/tasks?limit=100')).json;
    const { dataCount, errorCount, ...task } = after;
    assert.deepEqual(data.find(({ id }) => id === taskId), task);
  });
});
