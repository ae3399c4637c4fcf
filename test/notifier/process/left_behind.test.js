// What a tenant's SQL sets, creates and locks in a request is removed before the connection serves another request, and
// none of it is deferred until the protection ends.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { BASE, form } from './support/api.js';
import { request } from './support/engine.js';
import { Notifier } from './support/notifier.js';
import { root } from './support/server.js';
import { ANN, BOB, Tenants } from './support/tenants.js';
import { bearer, SECRET } from './support/token.js';
import { people, workbook } from './support/workbook.js';

const HEADERS = `headers => '{"bio_id": "Bio-ID"}'`;

let tenants;
let db;
let url;

async function call(who, method, path, { headers = {}, body } = {}) {
  const length = method === 'GET' ? {} : { 'content-length': body?.length ?? 0 };
  const response = await request(`${url}${BASE}${path}`, { method, headers: { ...length, ...(who ? bearer(who) : {}), ...headers }, body });
  return { ...response, json: /^[[{]/.test(response.text) ? JSON.parse(response.text) : undefined };
}

// A table of the role's own, with its profile and, where they are given, clauses of triggers: [name, what it says].
async function table(role, name, triggers = []) {
  await db.query(`SET ROLE ${role};
    CREATE TABLE ${name} (task_id bigint, name text, gender text, bio_id text);
    SELECT xlsx.create_profile('${name}', '${name}', 'task_id', ${HEADERS});
    ${triggers.map((says, i) => `CREATE ${says.replace('%', `t${i}`).replace('$', name)}`).join(';')}`);
}

async function imported(role, profile) {
  const { headers, body } = form([['profile', profile], ['file', workbook(people(2)), 'a.xlsx']]);
  const { status, json, text } = await call(role, 'POST', '/upload', { headers, body });
  assert.equal(status, 201, text);
  assert.equal(await db.query(`SELECT xlsx.wait(${json.taskId}, '60 s')`), 'COMPLETED');
  return json.taskId;
}

const lastLook = () => db.query('SELECT max(at) FROM look_seen');

before(async () => {
  tenants = await Tenants.create();
  ({ db } = tenants);
  await tenants.server.stop();
  tenants.server = await Notifier.start({ 'database-url': tenants.url, 'jwt-secret': SECRET, 'pool-size': 1 });
  ({ url } = tenants.server);
  await db.query(readFileSync(join(root, 'test/server/t/lib/litter.sql'), 'utf8'));
  await db.query(`GRANT CREATE ON SCHEMA public TO ${ANN}, ${BOB}, ${tenants.web}`);
  await table(ANN, 'ann_litters', ['TRIGGER % BEFORE DELETE ON $ FOR EACH ROW EXECUTE FUNCTION litter()']);
  await table(BOB, 'bob_looks', ['TRIGGER % BEFORE DELETE ON $ FOR EACH ROW EXECUTE FUNCTION look()']);
});
after(() => tenants.remove());

describe('by tokens, nothing that one tenant has set or made meets the next', () => {
  for (const [name, method, path] of [['deletion', 'DELETE', (id) => `/tasks/${id}`], ['undo', 'POST', (id) => `/tasks/${id}/undo`]]) {
    test(`by a ${name}`, async () => {
      const [first, second] = [await imported(BOB, 'bob_looks'), await imported(BOB, 'bob_looks')];
      const litters = await imported(ANN, 'ann_litters');
      await db.query('DELETE FROM litter_done');
      assert.equal((await call(BOB, method, path(first))).status, 200);
      const before = await lastLook();
      const { status, text } = await call(ANN, method, path(litters));
      assert.equal(status, 200, text);
      assert.ok(Number(await db.query(`SELECT count(*) FROM litter_done WHERE what LIKE 'set %' AND error IS NULL`)) > 200);
      assert.equal(await db.query(`SELECT count(*) FROM litter_done WHERE what = 'session lock' AND error IS NULL`), '2');
      assert.equal((await call(BOB, method, path(second))).status, 200);
      assert.equal(await db.query(`SELECT look_difference(${before}, ${await lastLook()})`), '');
      assert.equal(await db.query('SELECT count(DISTINCT pid) FROM (SELECT pid FROM look_seen ORDER BY at DESC LIMIT 4) AS l'), '1');
      assert.equal(await db.query(`SELECT string_agg(DISTINCT what, ' ') FROM litter_done WHERE what LIKE 'current_user%' OR (error IS NULL AND what IN ('role none', 'session authorization'))`),
        `current_user ${ANN}`);
    });
  }

  test('by a lookup of a template', async () => {
    await db.query(`SET ROLE ${ANN};
      CREATE FUNCTION litter_choices() RETURNS TABLE (k text, v text) LANGUAGE plpgsql AS $$
      BEGIN
        PERFORM pg_catalog.set_config('search_path', 'evil', false), pg_catalog.set_config('DateStyle', 'SQL, DMY', false), pg_catalog.pg_advisory_lock(4714);
        RETURN QUERY VALUES ('chosen', 'chosen');
      END $$;
      SELECT xlsx.set_column('ann_litters', 'gender', lookup => 'SELECT * FROM litter_choices()')`);
    const [first, second] = [await imported(BOB, 'bob_looks'), await imported(BOB, 'bob_looks')];
    await call(BOB, 'DELETE', `/tasks/${first}`);
    const before = await lastLook();
    assert.equal((await call(ANN, 'GET', '/profiles/ann_litters/template')).status, 200);
    await call(BOB, 'DELETE', `/tasks/${second}`);
    assert.equal(await db.query(`SELECT look_difference(${before}, ${await lastLook()})`), '');
  });
});

test('without a key, nothing of a request meets the next', async () => {
  const own = await Notifier.start({ 'database-url': tenants.url, 'pool-size': 1 });
  const saved = url;
  try {
    ({ url } = own);
    await table(tenants.web, 'web_litters', ['TRIGGER % BEFORE DELETE ON $ FOR EACH ROW EXECUTE FUNCTION litter()']);
    await table(tenants.web, 'web_looks', ['TRIGGER % BEFORE DELETE ON $ FOR EACH ROW EXECUTE FUNCTION look()']);
    const [first, litters, second] = [await imported(undefined, 'web_looks'), await imported(undefined, 'web_litters'), await imported(undefined, 'web_looks')];
    await db.query('DELETE FROM litter_done');
    assert.equal((await call(undefined, 'DELETE', `/tasks/${first}`)).status, 200);
    const before = await lastLook();
    assert.equal((await call(undefined, 'DELETE', `/tasks/${litters}`)).status, 200);
    assert.ok(Number(await db.query(`SELECT count(*) FROM litter_done WHERE what = 'temporary table' AND error IS NULL`)) > 0, 'its own session: as with DELETE');
    assert.equal((await call(undefined, 'DELETE', `/tasks/${second}`)).status, 200);
    assert.equal(await db.query(`SELECT look_difference(${before}, ${await lastLook()})`), '');
  } finally {
    url = saved;
    await own.stop();
  }
});

describe('a deferred trigger does not wait for the commit', () => {
  before(() => db.query(`
    CREATE TABLE climbed (who text, error text);
    GRANT INSERT, SELECT ON climbed TO PUBLIC;
    CREATE FUNCTION climb() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      BEGIN
        SET CONSTRAINTS ALL DEFERRED;
        PERFORM set_config('role', 'none', false);
        INSERT INTO climbed VALUES (current_user, NULL);
      EXCEPTION WHEN OTHERS THEN
        INSERT INTO climbed VALUES (current_user, SQLERRM);
      END;
      RETURN NULL;
    END $$`));

  for (const [name, method, path, event] of [
    ['deletion', 'DELETE', (id) => `/tasks/${id}`, 'DELETE'], ['undo', 'POST', (id) => `/tasks/${id}/undo`, 'DELETE'], ['import', undefined, undefined, 'INSERT'],
  ]) {
    test(`of a ${name}`, async () => {
      const target = `ann_climbs_${name}`;
      await table(ANN, target);
      const earlier = await imported(ANN, target);
      await db.query(`DELETE FROM climbed; SET ROLE ${ANN};
        CREATE CONSTRAINT TRIGGER climb AFTER ${event} ON ${target} DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION climb()`);
      if (method) assert.equal((await call(ANN, method, path(earlier))).status, 200);
      else await imported(ANN, target);
      assert.equal(await db.query(`SELECT string_agg(DISTINCT who || ': ' || error, ', ') FROM climbed`),
        `${ANN}: cannot set parameter "role" within security-restricted operation`);
    });
  }

  for (const mode of ['all_or_nothing', 'replace', 'upsert', 'skip']) {
    test(`of mode ${mode}`, async () => {
      const target = `ann_climbs_${mode}`;
      await table(ANN, target, ['CONSTRAINT TRIGGER % AFTER INSERT OR DELETE ON $ DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION climb()']);
      await db.query(`DELETE FROM climbed; ALTER TABLE ${target} ADD UNIQUE (bio_id);
        SET ROLE ${ANN}; SELECT xlsx.alter_profile('${target}', mode => '${mode}', key_columns => '{bio_id}')`);
      await imported(ANN, target);
      assert.equal(await db.query(`SELECT string_agg(DISTINCT who || ': ' || error, ', ') FROM climbed`),
        `${ANN}: cannot set parameter "role" within security-restricted operation`);
    });
  }
});

test('triggers find the names of their schema when rows are deleted and undone, as when they are imported', async () => {
  await db.query(`SET ROLE ${ANN}; CREATE TABLE ann_audit (what text);
    CREATE FUNCTION ann_note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO ann_audit VALUES (TG_OP); RETURN NULL; END $$`);
  await table(ANN, 'ann_notes', ['TRIGGER % AFTER INSERT OR DELETE ON $ FOR EACH ROW EXECUTE FUNCTION ann_note()']);
  const [one, other] = [await imported(ANN, 'ann_notes'), await imported(ANN, 'ann_notes')];
  assert.equal((await call(ANN, 'DELETE', `/tasks/${one}`)).json.deletedRows, 2);
  assert.equal((await call(ANN, 'POST', `/tasks/${other}/undo`)).json.undone, 2);
  assert.equal(await db.query(`SELECT string_agg(what || ' ' || n, ', ' ORDER BY what) FROM (SELECT what, count(*) AS n FROM ann_audit GROUP BY what) AS a`),
    'DELETE 4, INSERT 4');
});

test('a trigger that may not make its temporary table says why when rows are deleted', async () => {
  await table(ANN, 'ann_temps');
  const id = await imported(ANN, 'ann_temps');
  await db.query(`SET ROLE ${ANN};
    CREATE FUNCTION ann_temp() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN CREATE TEMP TABLE ann_seen (x int); DROP TABLE ann_seen; RETURN OLD; END $$;
    CREATE TRIGGER t BEFORE DELETE ON ann_temps FOR EACH ROW EXECUTE FUNCTION ann_temp()`);
  const { status, json } = await call(ANN, 'DELETE', `/tasks/${id}`);
  assert.deepEqual([status, json.message], [403, 'cannot create temporary table within security-restricted operation']);
  assert.match(json.hint, new RegExp(`^This SQL runs as "${ANN}" in a session that serves other roles too, so it can leave nothing behind: no temporary table, `));
});

test('a profile on a schema that the caller may not use is not in the list, and no error', async () => {
  await db.query(`CREATE SCHEMA hidden AUTHORIZATION ${ANN}; SET ROLE ${ANN};
    CREATE TABLE hidden.papers (id serial, name text); SELECT xlsx.create_profile('papers', 'hidden.papers')`);
  const names = async (who) => (await call(who, 'GET', '/profiles')).json.data.map(({ name }) => name);
  assert.ok((await names(ANN)).includes('papers'));
  assert.ok((await names(BOB)).includes('bob_looks'));
  assert.ok(!(await names(BOB)).includes('papers'));
});
