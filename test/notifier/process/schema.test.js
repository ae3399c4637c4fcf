// S-150 The shape of a profile's rows as JSON Schema, checked against rows with Ajv; and the members of a failed task.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import Ajv from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { api, BASE, upload } from './support/api.js';
import { Database } from './support/cluster.js';
import { request } from './support/engine.js';
import { Notifier } from './support/notifier.js';
import { EventStream } from './support/stream.js';
import { Tenants, ANN } from './support/tenants.js';
import { bearer } from './support/token.js';
import { people, workbook, workbookEntries, zip } from './support/workbook.js';

let db;
let server;
let schema;
let validate;

before(async () => {
  db = await Database.create();
  await db.query(`
    CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
    CREATE DOMAIN zip AS varchar(5);
    CREATE TABLE guests (id int GENERATED ALWAYS AS IDENTITY, task_id bigint, name varchar(10) NOT NULL, nick text, born date, seen timestamptz,
      age smallint, points bigint, weight double precision, price numeric(5, 2), any_price numeric, member boolean NOT NULL, feels mood, code zip,
      ref uuid, tags text[], extra jsonb, word text NOT NULL, score int, kind text, country text, since timestamp DEFAULT now());
    SELECT xlsx.create_profile('guests', 'guests', task_column => 'task_id');
    SELECT xlsx.set_column('guests', 'nick', required => true);
    SELECT xlsx.set_column('guests', 'country', transform => 'upper($1)');
    SELECT xlsx.add_rule('guests', 'pattern', 'word', '{^[a-z]+$}');
    SELECT xlsx.add_rule('guests', 'min_length', 'word', '{2}');
    SELECT xlsx.add_rule('guests', 'max_length', 'word', '{4}');
    SELECT xlsx.add_rule('guests', 'min', 'score', '{1}');
    SELECT xlsx.add_rule('guests', 'max', 'score', '{10}');
    SELECT xlsx.add_rule('guests', 'max', 'age', '{200}', severity => 'warning');
    SELECT xlsx.add_rule('guests', 'one_of', 'kind', '{a,b}');
    SELECT xlsx.add_rule('guests', 'required', 'kind');
    SELECT xlsx.add_rule('guests', 'unique', 'code')`);
  server = await Notifier.start({ 'database-url': db.url });
  const answer = await api(server.url, '/profiles/guests/schema');
  assert.equal(answer.status, 200, answer.text);
  schema = answer.json;
  validate = addFormats(new Ajv({ strict: true, strictTypes: false, allErrors: true })).compile(schema);
});
after(async () => {
  await server.stop();
  await db.drop();
});

const GOOD = {
  Name: 'Ann', Nick: 'A', Born: '2000-02-29', Seen: '2020-01-01T10:00:00Z', Age: 20, Points: 1, Weight: 1.5, Price: 999.99, 'Any Price': 1e30, Member: true, Feels: 'ok',
  Code: '12345', Ref: '123e4567-e89b-12d3-a456-426614174000', Tags: ['a'], Extra: { a: 1 }, Word: 'abc', Score: 10, Kind: 'a', Country: 'at', Since: '2020-01-01 10:00:00',
};

describe('the schema of a profile\'s rows', () => {
  test('is JSON Schema 2020-12 of an object with the headers as keys, in their order', () => {
    const { properties, required, ...rest } = schema;
    assert.deepEqual(rest, { $schema: 'https://json-schema.org/draft/2020-12/schema', title: 'guests', type: 'object' });
    assert.deepEqual(Object.keys(properties), Object.keys(GOOD));
    assert.deepEqual(required, ['Name', 'Nick', 'Member', 'Word', 'Kind']);
  });

  test('takes a row that an import would take', () => assert.ok(validate(GOOD), JSON.stringify(validate.errors)));

  test('takes nothing where nothing is needed', () => {
    assert.ok(validate({ Name: 'Ann', Nick: 'A', Member: false, Word: 'ab', Kind: 'b' }), JSON.stringify(validate.errors));
    assert.ok(validate({ ...GOOD, Born: null, Age: null, Feels: null, Code: null, Score: null, Extra: null }), JSON.stringify(validate.errors));
  });

  const wrong = {
    Name: [null, '', 'x'.repeat(11), 5], Nick: [null, '', 5], Born: ['2000-02-30', 'yesterday', 5], Seen: ['2020-01-01', 'x'], Age: [1.5, 32768, -32769, '5'],
    Points: [1.5, 1e19, 'x'], Weight: ['x', true], Price: [1000, -1000, 'x'], 'Any Price': ['x'], Member: [null, 'yes', 1], Feels: ['glad', 1], Code: ['123456'],
    Ref: ['x'], Tags: ['a', [1]], Word: ['ABC', 'a', 'abcde', null], Score: [0, 11, 1.5], Kind: ['c', null, ''],
  };
  for (const [header, values] of Object.entries(wrong)) {
    test(`refuses ${values.map((value) => JSON.stringify(value)).join(', ').slice(0, 60)} as ${header}`, () => {
      for (const value of values) assert.ok(!validate({ ...GOOD, [header]: value }), JSON.stringify(value));
    });
  }

  test('misses what is needed', () => {
    for (const header of schema.required) {
      const { [header]: _gone, ...row } = GOOD;
      assert.ok(!validate(row), header);
    }
  });

  test('leaves out what it cannot say: warnings, what goes through SQL, patterns of PostgreSQL alone', async () => {
    assert.ok(validate({ ...GOOD, Age: 300, Country: 5 }), JSON.stringify(validate.errors));
    for (const [pattern, common] of [['^a{2,3}b?$', true], ['(?:a|b)', true], ['\\d+', true], ['\\yword\\y', false], ['[[:alpha:]]+', false], ['(?i)abc', false], ['***=x', false]]) {
      assert.equal(await db.query(`SELECT xlsx_private.is_common_pattern($p$${pattern}$p$)`), common ? 't' : 'f', pattern);
    }
  });

  test('of numeric: as many digits before the point as the type has', async () => {
    for (const [type, bound] of [['numeric(3)', 1000], ['numeric(5,2)', 1000], ['numeric(2,4)', 0.01], ['numeric(3,-2)', 100000]]) {
      const { exclusiveMaximum, exclusiveMinimum } = JSON.parse(await db.query(`CREATE TEMP TABLE t (n ${type});
        SELECT xlsx_private.numeric_schema(atttypmod) FROM pg_attribute WHERE attrelid = 't'::regclass AND attname = 'n'`));
      assert.deepEqual([exclusiveMaximum, exclusiveMinimum], [bound, -bound], type);
    }
  });

  test('of a profile that is not there: 404', async () => {
    const { status, json } = await api(server.url, '/profiles/nobody/schema');
    assert.deepEqual([status, json.message], [404, 'Profile nobody not found']);
  });

  test('is for whom the profile is: not of a schema that the caller may not use', async () => {
    const tenants = await Tenants.create();
    await tenants.db.query(`CREATE SCHEMA hidden; CREATE TABLE hidden.t (a int); SELECT xlsx.create_profile('hidden', 'hidden.t')`);
    const status = async (name) => (await request(`${tenants.server.url}${BASE}/profiles/${name}/schema`, { headers: bearer(ANN) })).status;
    assert.deepEqual([await status('people'), await status('hidden')], [200, 404]);
    await tenants.remove();
  });
});

test('a task that failed tells code, detail and hint, in REST and in its last event', async () => {
  const file = zip({ ...workbookEntries(people(3)), 'xl/worksheets/sheet1.xml': '<worksheet><sheetData><row r="1"><c r="A1" t="s"><v>77</v></c></row></sheetData></worksheet>' });
  const { json } = await upload(server.url, file, 'damaged.xlsx', { profile: 'people' });
  await db.query(`SELECT xlsx.wait(${json.taskId})`);
  await db.query(`UPDATE xlsx_private.task SET error_hint = 'Save it again.' WHERE id = ${json.taskId} AND error_hint IS NULL`); // not every error has one
  const [row] = await db.json(`SELECT error_code, error_message, error_detail, error_hint FROM xlsx.tasks WHERE id = ${json.taskId}`);
  assert.ok(row.error_detail && row.error_hint, JSON.stringify(row));
  for (const task of [(await api(server.url, `/tasks/${json.taskId}`)).json, (await api(server.url, '/tasks?limit=1')).json.data[0]]) {
    assert.deepEqual([task.status, task.errorCode, task.errorMessage, task.errorDetail, task.errorHint],
      ['FAILED', row.error_code, row.error_message, row.error_detail, row.error_hint]);
  }
  const stream = await EventStream.open(`${server.url}${BASE}/tasks/${json.taskId}/events`);
  const { event, data } = await stream.next();
  assert.deepEqual([event, data.error, data.code, data.detail, data.hint], ['task-failed', row.error_message, row.error_code, row.error_detail, row.error_hint]);
  const done = await upload(server.url, workbook(people(1)), 'good.xlsx', { profile: 'people' });
  await db.query(`SELECT xlsx.wait(${done.json.taskId})`);
  const { json: good } = await api(server.url, `/tasks/${done.json.taskId}`);
  assert.deepEqual([good.errorCode, good.errorDetail, good.errorHint], [null, null, null]);
});
