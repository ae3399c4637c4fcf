// What became of each row of a file: as a list in parts, and as a workbook.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { api, BASE, form } from './support/api.js';
import { Database } from './support/cluster.js';
import { request } from './support/engine.js';
import { Notifier } from './support/notifier.js';
import { people, readWorkbook, workbook } from './support/workbook.js';

let db;
let server;

before(async () => {
  db = await Database.create();
  server = await Notifier.start({ 'database-url': db.url });
  await db.query(`CREATE TABLE price (no int GENERATED ALWAYS AS IDENTITY, sku text PRIMARY KEY, price numeric, note text);
    GRANT ALL ON price TO PUBLIC; INSERT INTO price (sku, price) VALUES ('A', 1.5), ('B', 2);
    SELECT xlsx.create_profile('price', 'price'); SELECT xlsx.alter_profile('price', mode => 'upsert')`);
});
after(async () => {
  await server.stop();
  await db.drop();
});

const PRICES = [['sku', 'price', 'note', 'mine'], ['A', 1.75, null, 'x'], [], ['B', 2, null, 'y'], ['C', 'three', null, 'z'], ['D', 4, 'new', null]];

async function imported(rows, fields) {
  const { headers, body } = form([...fields, ['file', workbook(rows), 'prices.xlsx']]);
  const { status, text } = await request(`${server.url}${BASE}/upload`, { method: 'POST', headers: { 'content-length': body.length, ...headers }, body });
  assert.equal(status, 201, text);
  const { taskId } = JSON.parse(text);
  await db.query(`SELECT xlsx.wait(${taskId})`);
  return taskId;
}

const wanted = (names, row) => Object.fromEntries(names.map((name) => [name, row[name]]));

describe('GET /tasks/:id/rows', () => {
  test('tells the action of each row, the columns to return, and the errors', async () => {
    const task = await imported(PRICES, [['profile', 'price'], ['keepRows', 'true'], ['returning', '["no"]']]);
    const { status, json } = await api(server.url, `/tasks/${task}/rows`);
    assert.equal(status, 200);
    assert.deepEqual(json.data.map((row) => wanted(['rowNumber', 'action', 'returned', 'old', 'new'], row)), [
      { rowNumber: 2, action: 'updated', returned: { no: 1 }, old: null, new: null },
      { rowNumber: 4, action: 'unchanged', returned: { no: 2 }, old: null, new: null },
      { rowNumber: 5, action: 'error', returned: null, old: null, new: null },
      { rowNumber: 6, action: 'inserted', returned: { no: 3 }, old: null, new: null },
    ]);
    assert.deepEqual(json.data.map((row) => row.errors?.map((error) => [error.cell, error.code])), [undefined, undefined, [['B5', 'type']], undefined]);
    assert.deepEqual(json.meta, { total: 4, limit: 10, next: null });
    const found = (await api(server.url, `/tasks/${task}`)).json;
    assert.deepEqual([found.updatedRows, found.unchangedRows, found.insertedRows, found.errorRows], [1, 1, 1, 1]);
  });

  test('tells old and new values of a dry run, and has the key of the file where nothing is returned', async () => {
    const task = await imported([PRICES[0], ['A', 2.25, 'hot', null]], [['profile', 'price'], ['dryRun', 'true'], ['keepRows', 'true']]);
    const { json } = await api(server.url, `/tasks/${task}/rows`);
    assert.deepEqual(json.data, [{ rowNumber: 2, action: 'updated', returned: { sku: 'A' }, old: { price: 1.75, note: null }, new: { price: 2.25, note: 'hot' }, errors: null }]);
    assert.equal(await db.query("SELECT price FROM price WHERE sku = 'A'"), '1.75');
  });

  test('has the rows with errors only of a task that kept no rows', async () => {
    const task = await imported(PRICES, [['profile', 'price'], ['dryRun', 'true']]);
    const { json } = await api(server.url, `/tasks/${task}/rows`);
    assert.deepEqual(json.data.map((row) => [row.rowNumber, row.action]), [[5, 'error']]);
  });

  test('comes in parts, each behind meta.next of the one before', async () => {
    const task = await imported(people(250, (row) => (row % 100 === 50 ? 1 : undefined)), [['profile', 'people'], ['keepRows', 'true']]);
    const seen = [];
    let next = 0;
    for (let part = 0; next !== null; part++) {
      const { json } = await api(server.url, `/tasks/${task}/rows?after=${next}&limit=100`);
      assert.equal(json.meta.total, 250);
      assert.equal(json.data.length, part < 2 ? 100 : 50);
      seen.push(...json.data.map((row) => row.rowNumber));
      next = json.meta.next;
    }
    assert.deepEqual(seen, Array.from({ length: 250 }, (_, i) => i + 2));
  });

  test('refuses what is no place, and a task that is not there', async () => {
    const task = await imported(PRICES, [['profile', 'price'], ['dryRun', 'true']]);
    for (const [query, message] of [['after=-1', 'after must be an integer between 0 and 999999999'], ['after=2x', 'after must be an integer between 0 and 999999999'],
      ['limit=101', 'limit must be an integer between 1 and 100']]) {
      const { status, json } = await api(server.url, `/tasks/${task}/rows?${query}`);
      assert.deepEqual([status, json.message], [400, message]);
    }
    assert.equal((await api(server.url, '/tasks/999999/rows')).status, 404);
  });
});

describe('options of an upload', () => {
  const refused = async (fields) => {
    const { headers, body } = form([['profile', 'price'], ...fields, ['file', workbook(PRICES), 'prices.xlsx']]);
    const { status, text } = await request(`${server.url}${BASE}/upload`, { method: 'POST', headers: { 'content-length': body.length, ...headers }, body });
    return [status, JSON.parse(text).message];
  };

  test('that have no effect, or name a column that is not there, are refused', async () => {
    assert.deepEqual(await refused([['returning', '["no"]']]), [400, 'option "returning" has no effect without keep_rows']);
    assert.deepEqual(await refused([['keepChanges', 'true']]), [400, 'option "keep_changes" has no effect without keep_rows']);
    assert.deepEqual((await refused([['keepRows', 'true'], ['returning', '["nothing"]']]))[1], 'relation "public.price" has no column nothing');
    assert.equal((await refused([['keepRows', 'perhaps']]))[0], 400);
  });
});

describe('GET /tasks/:id/result', () => {
  const path = (task) => `${server.url}${BASE}/tasks/${task}/result`;

  test('is the file with what became of each row, as a download', async () => {
    const task = await imported(PRICES, [['profile', 'price'], ['keepRows', 'true'], ['returning', '["no"]'], ['dryRun', 'true']]);
    const { status, headers, body } = await request(path(task));
    assert.equal(status, 200);
    assert.equal(headers['content-type'], 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet');
    assert.equal(headers['content-disposition'], `attachment; filename="result-task-${task}.xlsx"`);
    const { rows } = readWorkbook(body);
    assert.deepEqual(rows.map((row) => Array.from({ length: 9 }, (_, i) => row[i] ?? '')), [
      ['sku', 'price', 'note', 'mine', 'Row Number', 'Action', 'no', 'Changes', 'Error Messages'],
      ['A', '1.75', '', 'x', '2', 'unchanged', '1', '', ''],
      ['B', '2', '', 'y', '4', 'unchanged', '2', '', ''],
      ['C', 'three', '', 'z', '5', 'error', '', '', 'Price must be a number'],
      ['D', '4', 'new', '', '6', 'unchanged', '3', '', ''],
    ]);
  });

  test('has the rows with errors only of a task that kept no rows, which may be none', async () => {
    const task = await imported(PRICES, [['profile', 'price'], ['dryRun', 'true']]);
    assert.deepEqual(readWorkbook((await request(path(task))).body).rows.map((row) => row[0]), ['sku', 'C']);
    const good = await imported(people(3), [['profile', 'people']]);
    const { status, body } = await request(path(good));
    assert.equal(status, 200);
    assert.equal(readWorkbook(body).rows.length, 1);
  });

  test('is 404 of a task that is not there', async () => {
    const { status, text } = await request(path(999999));
    assert.deepEqual([status, JSON.parse(text).message], [404, 'Task with ID 999999 not found']);
  });
});
