// What becomes of a task and its file over REST: dry runs that are imported for good, held tasks, erased data, the same file again.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { api, upload } from './support/api.js';
import { Database } from './support/cluster.js';
import { Notifier } from './support/notifier.js';
import { people, workbook } from './support/workbook.js';

let db;
let server;
let files = 0;

before(async () => {
  db = await Database.create();
  server = await Notifier.start({ 'database-url': db.url });
});
after(async () => {
  await server.stop();
  await db.drop();
});

/* A workbook that no other test has sent. */
const another = () => workbook(people(10 + ++files, (row) => (row === 1 ? 0 : undefined)));
const done = (task) => db.query(`SELECT xlsx.wait(${task})`);
const post = (path) => api(server.url, path, { method: 'POST' });
async function sent(book, fields) {
  const { status, json } = await upload(server.url, book, 'flow.xlsx', fields);
  if (status === 201 && !fields?.hold) await done(json.taskId);
  return { status, json };
}

describe('a dry run', () => {
  let dry;
  test('is imported for good, as a new task', async () => {
    dry = (await sent(another(), { dryRun: 'true' })).json.taskId;
    const before = (await api(server.url, `/tasks/${dry}`)).json;
    assert.equal(Date.parse(before.fileKeptUntil) - Date.parse(before.completedAt), 7 * 86_400_000);
    const { status, json } = await post(`/tasks/${dry}/run`);
    assert.equal(status, 201);
    assert.deepEqual([json.runOf, json.dryRun], [dry, false]);
    await done(json.id);
    assert.equal((await api(server.url, `/tasks/${json.id}`)).json.savedRows, before.savedRows);
    assert.equal((await api(server.url, `/tasks/${dry}`)).json.ranAs, json.id);
  });

  test('but not twice', async () => {
    const { status, json } = await post(`/tasks/${dry}/run`);
    assert.equal(status, 409);
    assert.match(json.message, /^dry run \d+ is imported already, by task \d+$/);
  });

  test('and nothing else is', async () => {
    const { json } = await sent(another());
    assert.equal((await post(`/tasks/${json.taskId}/run`)).status, 409);
    assert.equal((await post(`/tasks/${dry}/run?priority=high`)).status, 400);
    assert.equal((await post(`/tasks/${dry}/run?when=now`)).status, 400);
  });

  test('cannot be when its data are erased: 410 with the reason', async () => {
    const erased = (await sent(another(), { dryRun: 'true' })).json.taskId;
    const answer = await post(`/tasks/${erased}/erase`);
    assert.equal(answer.status, 200);
    assert.ok(answer.json.erasedAt);
    assert.equal(answer.json.fileKeptUntil, null);
    const { status, json } = await post(`/tasks/${erased}/run`);
    assert.deepEqual([status, json.error, json.message], [410, 'Gone', `the file of task ${erased} is not there any more`]);
    assert.match(json.detail, /^It was erased at .*Z\.$/);
    assert.deepEqual((await api(server.url, `/tasks/${erased}/errors`)).json.data, []);
  });
});

test('a held task waits for its release', async () => {
  const { json } = await sent(another(), { hold: 'true' });
  const task = (await api(server.url, `/tasks/${json.taskId}`)).json;
  assert.deepEqual([task.status, task.held, task.waitingFor], ['PENDING', true, 'release']);
  assert.equal((await post(`/tasks/${json.taskId}/erase`)).status, 409);
  const released = await post(`/tasks/${json.taskId}/release`);
  assert.deepEqual([released.status, released.json.held], [200, false]);
  await done(json.taskId);
  assert.equal((await post(`/tasks/${json.taskId}/release`)).status, 409);
});

describe('the same file again', () => {
  const book = workbook(people(4));
  const hash = createHash('sha256').update(book).digest('hex');
  let first;
  const asked = async (query) => (await api(server.url, `/duplicates?sha256=${hash}${query ?? ''}`)).json;

  test('is new at first, and after a dry run', async () => {
    assert.deepEqual(await asked(), { duplicateOf: null });
    await sent(book, { dryRun: 'true' });
    assert.deepEqual(await asked('&profile=people'), { duplicateOf: null });
    const { status, json } = await sent(book, { onDuplicate: 'reject' });
    assert.equal(status, 201);
    assert.equal('duplicateOf' in json, false);
    first = json.taskId;
  });

  test('is told, by a look and by the answer', async () => {
    const { completedAt } = (await api(server.url, `/tasks/${first}`)).json;
    assert.deepEqual(await asked(), { duplicateOf: { taskId: first, completedAt } });
    const { status, json } = await sent(book);
    assert.equal(status, 201);
    assert.deepEqual(json.duplicateOf, { taskId: first, completedAt });
    assert.deepEqual((await api(server.url, `/tasks/${json.taskId}`)).json.duplicateOf, { taskId: first, completedAt });
  });

  test('is refused if the client wants that, and leaves nothing', async () => {
    const count = () => db.query("SELECT count(*) || ' ' || (SELECT count(*) FROM xlsx_private.file) FROM xlsx_private.task");
    const before = await count();
    const { status, json } = await sent(book, { onDuplicate: 'reject' });
    assert.equal(status, 409);
    assert.match(json.message, /^this file was imported already, as task \d+$/);
    assert.equal(await count(), before);
    assert.equal((await sent(book, { onDuplicate: 'maybe' })).status, 400);
  });

  test('of two at once, one is refused', async () => {
    const twice = workbook(people(5));
    const answers = await Promise.all([1, 2, 3, 4].map(() => upload(server.url, twice, 'race.xlsx', { onDuplicate: 'reject' })));
    assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 409, 409, 409]);
  });

  test('is not looked at if nobody wants that', async () => {
    const { status, json } = await sent(book, { onDuplicate: 'import' });
    assert.equal(status, 201);
    assert.equal('duplicateOf' in json, false);
  });

  test('a hash that is none is refused', async () => {
    assert.equal((await api(server.url, '/duplicates?sha256=7')).status, 400);
    assert.equal((await api(server.url, '/duplicates')).status, 400);
    assert.equal((await api(server.url, `/duplicates?sha256=${hash}&profile=nobody`)).status, 404);
  });
});
