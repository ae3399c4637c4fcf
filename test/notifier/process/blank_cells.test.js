// What a blank cell does, as each way of sending a workbook says it.

import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { api, BASE, form, XLSX } from './support/api.js';
import { Database } from './support/cluster.js';
import { request } from './support/engine.js';
import { Notifier } from './support/notifier.js';
import { workbook } from './support/workbook.js';

let db;
let server;
const FILE = workbook([['sku', 'name', 'colour'], ['A', null, null], ['B', 'Boot', '#'], ['N', null, 'green']]);
const PRICES = workbook([['sku', 'price'], ['A', 12], ['N', 3]]);

before(async () => {
  db = await Database.create();
  server = await Notifier.start({ 'database-url': db.url });
  await db.query(`CREATE TABLE ware (sku text PRIMARY KEY, name text DEFAULT 'unnamed', colour text, price numeric, stock int NOT NULL);
    GRANT ALL ON ware TO PUBLIC; SELECT xlsx.create_profile('ware', 'ware', mode => 'update')`);
});
after(async () => {
  await server.stop();
  await db.drop();
});
beforeEach(() => db.query(`DELETE FROM ware; INSERT INTO ware VALUES ('A', 'Shoe', 'red', 10, 5), ('B', 'Sandal', 'blue', 20, 6)`));

const sent = {
  form: (file, fields) => {
    const { headers, body } = form([...Object.entries({ profile: 'ware', ...fields }), ['file', file, 'wares.xlsx']]);
    return request(`${server.url}${BASE}/upload`, { method: 'POST', headers: { 'content-length': body.length, ...headers }, body });
  },
  query: (file, fields) => request(`${server.url}${BASE}/upload?${new URLSearchParams({ profile: 'ware', fileName: 'wares.xlsx', ...fields })}`,
    { method: 'PUT', headers: { 'content-type': XLSX, 'content-length': file.length }, body: file }),
};

async function imported(answer) {
  const { status, text } = await answer;
  assert.equal(status, 201, text);
  const { taskId } = JSON.parse(text);
  await db.query(`SELECT xlsx.wait(${taskId})`);
  return taskId;
}

const wares = () => db.json('SELECT sku, name, colour FROM ware ORDER BY sku');

for (const [way, send] of Object.entries(sent)) {
  describe(`a workbook that is sent by ${way}`, () => {
    test('keeps what is there, unless it says otherwise', async () => {
      await imported(send(FILE, {}));
      assert.deepEqual(await wares(), [{ sku: 'A', name: 'Shoe', colour: 'red' }, { sku: 'B', name: 'Boot', colour: '#' }]);
    });

    test('clears with blankCells null', async () => {
      await imported(send(FILE, { blankCells: 'null' }));
      assert.deepEqual(await wares(), [{ sku: 'A', name: null, colour: null }, { sku: 'B', name: 'Boot', colour: '#' }]);
    });

    test('writes defaults with blankCells default, in the spelling of SQL, too', async () => {
      for (const name of ['blankCells', 'blank_cells']) {
        await imported(send(FILE, { [name]: 'default' }));
        assert.deepEqual(await wares(), [{ sku: 'A', name: 'unnamed', colour: null }, { sku: 'B', name: 'Boot', colour: '#' }]);
      }
    });

    test('clears by a word', async () => {
      await imported(send(FILE, { clearToken: '#' }));
      assert.deepEqual(await wares(), [{ sku: 'A', name: 'Shoe', colour: 'red' }, { sku: 'B', name: 'Boot', colour: null }]);
    });

    test('is refused with a word that is not known, and leaves nothing', async () => {
      const { status, text } = await send(FILE, { blankCells: 'empty' });
      assert.equal(status, 400, text);
      assert.deepEqual([JSON.parse(text).message, JSON.parse(text).hint], ['blank_cells "empty" does not exist', 'It is "keep", "null" or "default".']);
    });
  });
}

test('a new row of an upsert is asked for what the sheet lacks, and the others are saved', async () => {
  const task = await imported(sent.form(PRICES, { mode: 'upsert' }));
  const { json } = await api(server.url, `/tasks/${task}/errors`);
  assert.deepEqual(json.data.map(({ rowNumber, errors }) => [rowNumber, errors.map(({ column, code, message }) => [column, code, message])]),
    [[3, [['Stock', 'required', 'Stock is required']]]]);
  assert.deepEqual(await db.json('SELECT sku, name, price::int, stock FROM ware ORDER BY sku'),
    [{ sku: 'A', name: 'Shoe', price: 12, stock: 5 }, { sku: 'B', name: 'Sandal', price: 20, stock: 6 }]);
});
