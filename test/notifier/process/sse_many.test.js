// One event stream for many tasks: those that are named, or all of the caller's own.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { BASE, metric, upload } from './support/api.js';
import { request } from './support/engine.js';
import { Notifier } from './support/notifier.js';
import { EventStream } from './support/stream.js';
import { ANN, BOB, Tenants } from './support/tenants.js';
import { bearer as shortly, now } from './support/token.js';
import { people, workbook } from './support/workbook.js';

let tenants;
let db;
let server;    // asks nobody

before(async () => {
  tenants = await Tenants.create();
  db = tenants.db;
  server = await Notifier.start({ 'database-url': db.url });
});
after(async () => {
  await server.stop();
  await tenants.remove();
});

// A token that does not expire during a test.
const bearer = (role) => shortly(role, { exp: now() + 3600 });
const open = (query, options, url = server.url) => EventStream.open(`${url}${BASE}/tasks/events${query}`, options);
const end = (task) => db.query(`SELECT xlsx.cancel(${task})`);

async function states(stream, count) {
  const events = await stream.inbox.take(count);
  return Object.fromEntries(events.map(({ event, data }) => [data.taskId, event]));
}

describe('a stream of tasks that are named', () => {
  test('begins with the state of each, tells the events of all, and ends with the last of them', async () => {
    const [one, two, three] = [await db.idleTask(), await db.idleTask(), await db.idleTask()];
    await end(three);
    const stream = await open(`?ids=${one},${two},${three}`);
    assert.equal(stream.status, 200);
    assert.deepEqual(await states(stream, 3), { [one]: 'task-progress', [two]: 'task-progress', [three]: 'task-failed' });
    await db.emit(two, 'task-progress', { phase: 'SAVING', progress: 1 });
    await db.emit(one, 'task-progress', { phase: 'SAVING', progress: 2 });
    assert.deepEqual((await stream.inbox.take(2)).map(({ data }) => [data.taskId, data.progress]), [[two, 1], [one, 2]]);
    await end(one);
    assert.deepEqual(await states(stream, 1), { [one]: 'task-failed' });
    await db.query(`SELECT xlsx.delete(${two})`);
    assert.deepEqual(await states(stream, 1), { [two]: 'task-failed' });
    assert.equal(await stream.ended, true);
  });

  test('goes on where its client was, each task for itself, by whichever sidecar', async () => {
    const [one, two] = [await db.idleTask(), await db.idleTask()];
    const first = await open(`?ids=${one},${two}`);
    await first.inbox.take(2);
    await db.emit(one, 'task-progress', { phase: 'SAVING', progress: 1 });
    const { id } = await first.next();
    await first.drop();
    await db.emit(two, 'task-progress', { phase: 'SAVING', progress: 7 });
    const other = await Notifier.start({ 'database-url': db.url });
    const second = await open(`?ids=${one},${two}`, { headers: { 'last-event-id': id } }, other.url);
    const missed = await second.next();
    assert.deepEqual([missed.data.taskId, Number(missed.data.seq) > 0], [two, true]);
    await end(one);
    const last = await second.next();
    assert.deepEqual([last.event, last.data.taskId], ['task-failed', one]);
    await second.drop();

    // the end of the first is not told again, that of the second is, and ends the stream
    const third = await open(`?ids=${one},${two}&lastEventId=${last.id}`);
    await end(two);
    const end_of_two = await third.next();
    assert.deepEqual([end_of_two.event, end_of_two.data.taskId], ['task-failed', two]);
    assert.equal(await third.ended, true);
    assert.equal((await open(`?ids=${two},${one}`, { headers: { 'last-event-id': end_of_two.id } })).status, 204);

    // a task that runs again is told of again
    await db.query(`UPDATE xlsx_private.task SET file_id = file_id WHERE id = ${two}`);
    await db.query(`SELECT xlsx.retry(${two})`);
    const again = await open(`?ids=${two},${one}`, { headers: { 'last-event-id': end_of_two.id } });
    assert.equal(again.status, 200);
    assert.equal((await again.next()).data.taskId, two);
    await again.drop();
    await other.stop();
  });

  test('a task that is unknown is an exception, the others go on; when all are, 404', async () => {
    const task = await db.idleTask();
    const stream = await open(`?ids=999999,${task}`);
    const events = await stream.inbox.take(2);
    const exception = events.find(({ event }) => event === 'exception');
    assert.deepEqual([exception.data.taskId, exception.data.message, exception.data.retryable], [999999, 'Task with ID 999999 not found', false]);
    assert.equal(events.find(({ event }) => event === 'task-progress').data.taskId, task);
    await stream.drop();
    const { status, text } = await request(`${server.url}${BASE}/tasks/events?ids=999999`);
    assert.deepEqual([status, JSON.parse(text).message], [404, 'Task with ID 999999 not found']);
  });

  test('an id that is none of ours begins with the state', async () => {
    const task = await db.idleTask();
    for (const id of ['x', '7', '1.2.3', 'h', '-', `${task}.`, '1.99999999999999999999', 'h5-']) {
      const stream = await open(`?ids=${task}`, { headers: { 'last-event-id': id } });
      assert.equal((await stream.next()).data.taskId, task, id);
      await stream.drop();
    }
  });

  for (const ids of ['', ',', '1,', '1,1', '1,x', '+1', '%201', Array.from({ length: 101 }, (_, i) => i + 1).join(',')]) {
    test(`ids=${ids.slice(0, 20)}: 400`, async () => {
      const { status, text } = await request(`${server.url}${BASE}/tasks/events?ids=${ids}`);
      assert.deepEqual([status, JSON.parse(text).message], [400, 'ids must be task IDs divided by commas, each once']);
    });
  }

  test('a hundred tasks, and an unknown parameter', async () => {
    const tasks = await db.query("SELECT string_agg(xlsx.submit('people', '\\x504b0304'::bytea, 'idle.xlsx', run_at => now() + '1 day')::text, ',') FROM generate_series(1, 100)");
    const stream = await open(`?ids=${tasks}`);
    assert.equal(Object.keys(await states(stream, 100)).length, 100);
    await stream.drop();
    assert.equal((await request(`${server.url}${BASE}/tasks/events?id=1`)).status, 400);
  });
});

describe('a stream of all own tasks', () => {
  const mine = (who, options = {}) => open('', { ...options, headers: { ...bearer(who), ...options.headers } }, tenants.server.url);
  const submit = async (who, runAt = '2100-01-01') => {
    const { status, text } = await request(`${tenants.server.url}${BASE}/upload?profile=people&fileName=a.xlsx${runAt ? `&runAt=${runAt}` : ''}`, {
      method: 'POST', headers: { ...bearer(who), 'content-type': 'application/octet-stream' }, body: workbook(people(3)),
    });
    assert.equal(status, 201, text);
    return JSON.parse(text).taskId;
  };

  test('tells what is active, and each task that comes, from its first event to its end and what follows; of nobody else', async () => {
    const [old, waiting, foreign] = [await submit(ANN), await submit(ANN), await submit(BOB)];
    await end(old);
    const stream = await mine(ANN);
    const theirs = await mine(BOB);
    assert.deepEqual(await states(stream, 1), { [waiting]: 'task-progress' });
    assert.deepEqual(await states(theirs, 1), { [foreign]: 'task-progress' });

    const fresh = await submit(ANN, '');
    const heard = [];
    do heard.push(await stream.next()); while (heard.at(-1).event !== 'task-completed');
    assert.deepEqual([...new Set(heard.map(({ data }) => data.taskId))], [fresh]);
    assert.equal(heard.filter(({ event }) => event === 'task-completed').length, 1);

    await request(`${tenants.server.url}${BASE}/tasks/${fresh}/undo`, { method: 'POST', headers: { ...bearer(ANN), 'content-length': 0 } });
    assert.deepEqual(await states(stream, 1), { [fresh]: 'task-undone' });
    await request(`${tenants.server.url}${BASE}/tasks/${old}`, { method: 'DELETE', headers: bearer(ANN) });
    assert.deepEqual(await states(stream, 1), { [old]: 'task-deleted' });
    await end(foreign);
    assert.deepEqual(await states(theirs, 1), { [foreign]: 'task-failed' });
    await end(waiting);
    assert.deepEqual(await states(stream, 1), { [waiting]: 'task-failed' });
    await stream.drop();
    await theirs.drop();
  });

  test('goes on where its client was: what ended meanwhile, what came and ended meanwhile, nothing twice', async () => {
    const [one, two] = [await submit(ANN), await submit(ANN)];
    const stream = await mine(ANN);
    const { id } = (await stream.inbox.take(2)).at(-1);
    await stream.drop();
    await end(one);
    const three = await submit(ANN, '');
    await db.query(`SELECT xlsx.wait(${three})`);
    const again = await mine(ANN, { headers: { 'last-event-id': id } });
    const events = await again.inbox.take(2);
    assert.deepEqual(Object.fromEntries(events.map(({ event, data }) => [data.taskId, event])), { [one]: 'task-failed', [three]: 'task-completed' });
    await end(two);
    const last = await again.next();
    assert.deepEqual([last.event, last.data.taskId], ['task-failed', two]);
    await again.drop();
    const third = await mine(ANN, { headers: { 'last-event-id': last.id } });
    const four = await submit(ANN);
    await end(four);
    const told = [];
    do told.push(await third.next()); while (told.at(-1).event !== 'task-failed');
    assert.deepEqual([...new Set(told.map(({ data }) => data.taskId))], [four]);
    await third.drop();
  });

  test('tells of a task when it enters the queue, because it is new or retried', async () => {
    const stream = await mine(ANN);
    const fresh = await submit(ANN);
    let event;
    do event = await stream.next(); while (event.data.taskId !== fresh);
    assert.deepEqual([event.event, event.data.status], ['task-progress', 'PENDING']);
    await end(fresh);
    assert.equal((await stream.next()).event, 'task-failed');
    await db.query(`SELECT xlsx.retry(${fresh})`);
    event = await stream.next();
    assert.deepEqual([event.event, event.data.taskId], ['task-progress', fresh]);
    do event = await stream.next(); while (event.event === 'task-progress' || !event.event.startsWith('task-'));
    assert.deepEqual([event.event, event.data.taskId], ['task-completed', fresh]);
    await stream.drop();
  });

  test('is no room that somebody asked for', async () => {
    const before = await metric(tenants.server.url, 'rooms');
    const task = await submit(ANN);
    const stream = await mine(ANN);
    do; while ((await stream.next()).data.taskId !== task);
    assert.equal(await metric(tenants.server.url, 'rooms'), before);
    const named = await open(`?ids=${task}`, { headers: bearer(ANN) }, tenants.server.url);
    await named.next();
    assert.equal(await metric(tenants.server.url, 'rooms'), before + 1);
    await named.drop();
    await stream.drop();
    await end(task);
  });

  test('without a key: what was submitted as the sidecar itself', async () => {
    const stream = await open('');
    const { json } = await upload(server.url, workbook(people(3)), 'own.xlsx', { runAt: '2100-01-01' });
    await end(json.taskId);
    let event;
    do event = await stream.next(); while (event.data.taskId !== json.taskId || event.event !== 'task-failed');
    assert.equal(event.data.status, 'CANCELLED');
    await stream.drop();
  });

  test('with a token that may not: refused as each request', async () => {
    assert.equal((await request(`${tenants.server.url}${BASE}/tasks/events`)).status, 401);
    assert.equal((await request(`${tenants.server.url}${BASE}/tasks/events`, { headers: bearer('nobody_at_all') })).status, 401);
  });

  test('HEAD', async () => {
    assert.equal((await request(`${server.url}${BASE}/tasks/events`, { method: 'HEAD' })).status, 200);
  });
});
