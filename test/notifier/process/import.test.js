// An import as a frontend sees it: upload by REST, events by Socket.IO, the end by both.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { after, before, describe, test } from 'node:test';
import { io } from 'socket.io-client';
import { api, upload } from './support/api.js';
import { atEnd } from './support/cleanup.js';
import { Database } from './support/cluster.js';
import { request } from './support/engine.js';
import { Inbox } from './support/inbox.js';
import { Notifier } from './support/notifier.js';
import { HEADERS, people, readWorkbook, workbook, workbookEntries, zip } from './support/workbook.js';

const EVENTS = ['joined-task', 'task-progress', 'task-completed', 'task-failed', 'workbook-loading', 'header-validation', 'processing-completed'];
const TERMINAL = ['task-completed', 'task-failed'];
const PHASES = ['LOADING_WORKBOOK', 'VALIDATING_HEADERS', 'VALIDATING', 'SAVING'];

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

async function listen(url = server.url) {
  const socket = io(`${url}/upload-xlsx`, { transports: ['websocket'], forceNew: true, reconnectionDelay: 50 });
  atEnd(() => socket.close());
  const inbox = new Inbox();
  for (const name of EVENTS) socket.on(name, (data) => inbox.put([name, data]));
  await once(socket, 'connect');
  return { socket, inbox, close: () => socket.close() };
}

async function untilTheEnd(inbox) {
  const events = [];
  do events.push(await inbox.next()); while (!TERMINAL.includes(events.at(-1)[0]));
  return events;
}

// Uploads a file whose import begins when its room is joined, so that nothing of it is missed; all events up to the last.
async function watch(file, fileName = 'people.xlsx') {
  const listener = await listen();
  await db.query('SELECT xlsx.pause()');
  const { status, json } = await upload(server.url, file, fileName);
  assert.equal(status, 201, JSON.stringify(json));
  await listener.socket.emitWithAck('join-task', { taskId: json.taskId });
  await db.query('SELECT xlsx.resume()');
  const events = await untilTheEnd(listener.inbox);
  listener.close();
  const task = (await api(server.url, `/tasks/${json.taskId}`)).json;
  return { taskId: json.taskId, events, task };
}

// What holds of every sequence of events.
function checkEvents(taskId, events) {
  assert.deepEqual(events[0], ['joined-task', { taskId }]);
  let seq = -1;
  let phase = -1;
  let progress = -1;
  for (const [name, data] of events.slice(1)) {
    assert.equal(data.taskId, taskId);
    assert.ok(Number.isInteger(data.seq) && data.seq > seq, `seq ${data.seq} after ${seq}`);
    seq = data.seq;
    if (name !== 'task-progress' || data.phase === undefined) continue;
    const at = PHASES.indexOf(data.phase);
    assert.ok(at >= phase, `${data.phase} after ${PHASES[phase]}`);
    if (at > phase) {
      if (phase >= 2) assert.equal(progress, 100, `${PHASES[phase]} ends at 100`);
      phase = at;
      if (at >= 2) assert.equal(data.progress, 0, `${data.phase} starts at 0`);
      else assert.ok(!('progress' in data));
      progress = -1;
    }
    if (at >= 2) {
      assert.ok(Number.isInteger(data.progress) && data.progress >= progress && data.progress <= 100);
      progress = data.progress;
    }
    for (const count of ['totalRows', 'validatedRows', 'errorRows', 'savedRows']) {
      if (count in data) assert.ok(Number.isInteger(data[count]) && data[count] >= 0);
    }
  }
  return { phase, progress };
}

// Without the numbers between the first and the last of a phase, which may be coalesced.
function outline(events) {
  const lines = [];
  for (const [name, data] of events) {
    if (data.status === 'PENDING') continue;
    const between = data.progress > 0 && data.progress < 100;
    if (!between) lines.push([name, data.phase, data.progress].filter((part) => part !== undefined && part !== null).join(' '));
  }
  return lines;
}

const START = ['joined-task', 'task-progress LOADING_WORKBOOK', 'workbook-loading'];
const HEADERS_CHECKED = [...START, 'task-progress VALIDATING_HEADERS', 'header-validation'];
const WHOLE = [...HEADERS_CHECKED, 'task-progress VALIDATING 0', 'task-progress VALIDATING 100',
  'task-progress SAVING 0', 'task-progress SAVING 100', 'processing-completed', 'task-completed 100'];

describe('the sequence of events', () => {
  test('S-041 S-044 S-070 S-071 S-085 to S-090 of clean rows', async () => {
    const { taskId, events, task } = await watch(workbook(people(2500)));
    checkEvents(taskId, events);
    assert.deepEqual(outline(events), WHOLE);
    const find = (phase, progress) => events.find(([, data]) => data.phase === phase && data.progress === progress)[1];
    assert.equal(find('VALIDATING', 0).validatedRows, 0);
    assert.equal(find('VALIDATING', 0).errorRows, 0);
    const { totalRows, validatedRows, errorRows } = find('VALIDATING', 100);
    assert.deepEqual({ totalRows, validatedRows, errorRows }, { totalRows: 2500, validatedRows: 2500, errorRows: 0 });
    assert.equal(find('SAVING', 0).savedRows, 0);
    assert.equal(find('SAVING', 100).savedRows, 2500);
    assert.equal(events.at(-2)[1].totalRows, 2500);
    const { seq, taskId: id, ...completed } = events.at(-1)[1];
    const { dataCount, errorCount, ...expected } = task;
    assert.deepEqual(completed, expected);
    assert.equal(task.status, 'COMPLETED');
    assert.deepEqual([dataCount, errorCount], [2500, 0]);
    assert.match(completed.completedAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.equal(await db.query(`SELECT count(*) FROM people WHERE task_id = ${taskId}`), '2500');
  });

  test('S-045 S-096 of rows with errors', async () => {
    const { taskId, events, task } = await watch(workbook(people(2500, (i) => (i % 10 === 0 ? i % 3 : undefined))));
    checkEvents(taskId, events);
    assert.deepEqual(outline(events), WHOLE);
    assert.equal(events.at(-1)[1].status, 'HAS_ERRORS');
    assert.deepEqual([task.totalRows, task.validatedRows, task.errorRows, task.savedRows], [2500, 2500, 250, 2250]);
    assert.deepEqual([task.dataCount, task.errorCount], [2250, 250]);
  });

  test('S-047 of wrong headers', async () => {
    const { events, task } = await watch(workbook([['Name', 'Sex', 'Id'], ['Ann', 'f', '1']]));
    assert.deepEqual(outline(events), [...HEADERS_CHECKED.slice(0, 3), 'task-progress VALIDATING_HEADERS', 'header-validation', 'task-failed']);
    assert.equal(events.at(-1)[1].error, 'Invalid headers. Expected: Name, Gender, Bio-ID. Received: Name, Sex, Id');
    assert.equal(task.status, 'FAILED');
    assert.equal(task.errorMessage, events.at(-1)[1].error);
  });

  test('of a file that cannot be read', async () => {
    const file = zip({ '[Content_Types].xml': '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>', 'xl/workbook.xml': 'broken' });
    const { status, json } = await upload(server.url, file, 'junk.xlsx');
    assert.equal(status, 400);
    assert.match(json.code, /^22/);
    const { events, task } = await watch(zip({ ...workbookEntries(people(10)), 'xl/worksheets/sheet1.xml': '<worksheet><broken' }));
    assert.equal(events.at(-1)[0], 'task-failed');
    assert.equal(task.status, 'FAILED');
  });

  test('of a sheet with headers only', async () => {
    const { taskId, events, task } = await watch(workbook([HEADERS]));
    checkEvents(taskId, events);
    assert.equal(events.at(-1)[0], 'task-completed');
    assert.deepEqual([task.status, task.totalRows, task.savedRows], ['COMPLETED', 0, 0]);
  });

  test('of an empty sheet', async () => {
    const { events, task } = await watch(workbook([]));
    assert.equal(events.at(-1)[0], 'task-failed');
    assert.match(events.at(-1)[1].error, /^Invalid headers\. Expected: Name, Gender, Bio-ID\./);
    assert.equal(task.status, 'FAILED');
  });

  test('of columns in another order, written another way', async () => {
    const { taskId, events } = await watch(workbook([['bio_id', ' GENDER ', 'extra', 'name'], ['B1', 'f', 'x', 'Ann'], ['', '', '', ''], ['B2', 'm', 'y', ' Bob ']]));
    assert.deepEqual(outline(events), WHOLE);
    assert.deepEqual(await db.json(`SELECT name, gender, bio_id FROM people WHERE task_id = ${taskId} ORDER BY id`),
      [{ name: 'Ann', gender: 'f', bio_id: 'B1' }, { name: 'Bob', gender: 'm', bio_id: 'B2' }]);
  });
});

describe('who comes late, or again', () => {
  test('a client that joins after the end gets the end', async () => {
    const { taskId, task } = await watch(workbook(people(10)));
    const late = await listen();
    late.socket.emit('join-task', { taskId });
    assert.deepEqual(await late.inbox.next(), ['joined-task', { taskId }]);
    const [name, data] = await late.inbox.next();
    assert.equal(name, 'task-completed');
    assert.equal(data.completedAt, task.completedAt);
    assert.equal(data.savedRows, 10);
    late.close();
  });

  test('clients that join in the middle all see the end, in order', async () => {
    const file = workbook(people(60000, (i) => (i % 100 === 0 ? 0 : undefined)));
    const { json } = await upload(server.url, file);
    const listeners = [];
    for (let i = 0; i < 8; i++) {
      const listener = await listen();
      listener.socket.emit('join-task', { taskId: json.taskId });
      listeners.push(listener);
    }
    for (const { inbox, close } of listeners) {
      const events = await untilTheEnd(inbox);
      const seqs = events.slice(1).map(([, data]) => data.seq);
      assert.deepEqual(seqs, [...seqs].sort((a, b) => a - b));
      assert.equal(events.at(-1)[1].status, 'HAS_ERRORS');
      assert.equal(events.at(-1)[1].savedRows, 59400);
      close();
    }
  });

  test('S-135 a notifier that is started anew in the middle loses nobody', async () => {
    const first = await Notifier.start({ 'database-url': db.url });
    const listener = await listen(first.url);
    const { json } = await upload(first.url, workbook(people(80000)));
    listener.socket.emit('join-task', { taskId: json.taskId });
    await listener.inbox.take(2);
    listener.socket.on('connect', () => listener.socket.emit('join-task', { taskId: json.taskId }));
    await first.stop('SIGKILL');
    const second = await Notifier.start({ 'database-url': db.url, port: first.port });
    const events = await untilTheEnd(listener.inbox);
    assert.equal(events.at(-1)[1].status, 'COMPLETED');
    assert.equal(events.at(-1)[1].savedRows, 80000);
    listener.close();
    await second.stop();
  });
});

describe('S-028 to S-030, S-110 to S-118: the errors workbook', () => {
  const path = (id) => `${server.url}/upload-xlsx/get-validation-errors-by-task-id/${id}`;
  let taskId;

  before(async () => {
    const rows = [HEADERS, ['Ann', 'f', 'B1'], ['', 'm', 'B2'], ['=1+1', '', ''], ['', '', ''], ['Dan', 'm', 'B5'], ['', '', '  x ']];
    const { json } = await upload(server.url, workbook(rows));
    taskId = json.taskId;
    assert.equal(await db.query(`SELECT xlsx.wait(${taskId})`), 'HAS_ERRORS');
  });

  test('is sent as a download', async () => {
    const { status, headers } = await request(path(taskId), { headers: { origin: 'http://localhost:3000' } });
    assert.equal(status, 200);
    assert.equal(headers['content-type'], 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet');
    assert.equal(headers['content-disposition'], `attachment; filename="validation-errors-task-${taskId}.xlsx"`);
    assert.match(headers['access-control-expose-headers'], /Content-Disposition/);
  });

  test('holds each bad row, with its number, its values and all messages', async () => {
    const { name, rows, xml } = readWorkbook((await request(path(taskId))).body);
    assert.equal(name, 'Validation Errors');
    const filled = rows.map((row) => Array.from({ length: 5 }, (_, i) => row[i] ?? ''));
    assert.deepEqual(filled, [
      ['Row Number', 'Name', 'Gender', 'Bio-ID', 'Error Messages'],
      ['3', '', 'm', 'B2', 'Name is required'],
      ['4', '=1+1', '', '', 'Gender is required; Bio ID is required'],
      ['7', '', '', '  x ', 'Name is required; Gender is required'],
    ]);
    assert.doesNotMatch(xml, /<f>/);
    assert.match(xml, /<cols>/);
    assert.match(xml, /state="frozen"/);
    assert.match(xml, /<autoFilter /);
  });

  test('original values are text', async () => {
    const { rows, types } = readWorkbook((await request(path(taskId))).body);
    rows.slice(1).forEach((row, i) => row.slice(1).forEach((value, j) => {
      if (value !== undefined) assert.match(types[i + 1][j + 1], /^(s|inlineStr)$/);
    }));
  });

  test('is whole over HTTP/1.0, too, where it ends with the connection', async () => {
    const socket = net.connect(server.port, '127.0.0.1');
    socket.write(`GET /upload-xlsx/get-validation-errors-by-task-id/${taskId} HTTP/1.0\r\n\r\n`);
    const parts = [];
    socket.on('data', (part) => parts.push(part));
    await once(socket, 'close');
    const answer = Buffer.concat(parts);
    const at = answer.indexOf('\r\n\r\n');
    assert.doesNotMatch(answer.toString('latin1', 0, at), /chunked/i);
    assert.equal(readWorkbook(answer.subarray(at + 4)).rows.length, 4);
  });

  test('HEAD answers without it', async () => {
    const { status, body, headers } = await request(path(taskId), { method: 'HEAD' });
    assert.equal(status, 200);
    assert.equal(body.length, 0);
    assert.match(headers['content-disposition'], /attachment/);
  });

  test('a task without errors: 404', async () => {
    const { json } = await upload(server.url, workbook(people(1)));
    await db.query(`SELECT xlsx.wait(${json.taskId})`);
    const response = await api(server.url, `/get-validation-errors-by-task-id/${json.taskId}`);
    assert.equal(response.status, 404);
    assert.equal(response.json.message, `No validation errors found for task ${json.taskId}`);
  });

  for (const [id, status] of [['999999', 404], ['x', 400], ['9223372036854775808', 400]]) {
    test(`task ${id}: ${status}`, async () => {
      const response = await api(server.url, `/get-validation-errors-by-task-id/${id}`);
      assert.equal(response.status, status);
      assert.equal(response.json.statusCode, status);
    });
  }

  test('of many rows is streamed: neither a slow reader nor one that leaves costs memory', async () => {
    const bad = function* bad() {
      yield HEADERS;
      for (let i = 0; i < 60000; i++) yield ['', `${Math.random()} ${'g'.repeat(40)}`, `${Math.random()}`];
    };
    const { json } = await upload(server.url, workbook(bad()));
    assert.equal(await db.query(`SELECT xlsx.wait(${json.taskId})`), 'HAS_ERRORS');
    const start = () => new Promise((resolve) => http.get(path(json.taskId), { agent: false }, resolve));
    const before = server.memory('RssAnon');

    const left = await start();
    left.destroy();

    const slow = await start();
    const parts = [];
    let highest = 0;
    for await (const part of slow) {
      parts.push(part);
      highest = Math.max(highest, server.memory('RssAnon'));
      if (parts.length % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    }
    assert.equal(readWorkbook(Buffer.concat(parts)).rows.length, 60001);
    assert.ok(highest - before < 4096, `${highest - before} kB`);

    // More than max-downloads that read nothing at all: they hold no connection, no transaction and no place.
    const standing = [];
    for (let i = 0; i < 6; i++) standing.push((await start()).pause());
    while (await db.query("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'pg_xlsx_notifier' AND state <> 'idle'") !== '0');
    assert.equal(readWorkbook((await request(path(json.taskId))).body).rows.length, 60001);
    assert.equal((await request(path(json.taskId), { method: 'HEAD' })).status, 200);
    for (const one of standing) one.destroy();
  });
});
