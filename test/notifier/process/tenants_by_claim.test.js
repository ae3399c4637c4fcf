// Two users with one role, whom a claim of their tokens tells apart.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { io } from 'socket.io-client';
import { BASE } from './support/api.js';
import { Member } from './support/member.js';
import { Notifier } from './support/notifier.js';
import { strangers } from './support/strangers.js';
import { EventStream } from './support/stream.js';
import { ANN, BOB, SHARED, Tenants } from './support/tenants.js';
import { now, SECRET, token } from './support/token.js';

let tenants;
const claimsOf = (who) => ({ role: SHARED, sub: who, app_metadata: { org: who } });

strangers({
  create: async () => (tenants = await Tenants.byClaim()),
  claimsOf,
  more: ({ call, upload, db }) => {
    describe('the claims of a token', { timeout: 30000 }, () => {
      test('are what policies and defaults of the target read in the import', async () => {
        const { taskId } = (await upload(ANN)).json;
        assert.equal(await db().query(`SELECT xlsx.wait(${taskId})`), 'HAS_ERRORS');
        assert.equal(await db().query(`SELECT DISTINCT concat_ws(' ', org, made_by) FROM people WHERE task_id = ${taskId}`), `${ANN} ${ANN}`);
        assert.equal((await call(ANN, 'DELETE', `${BASE}/tasks/${taskId}`)).json.deletedRows, 4);
      });

      test('are gone after the request: the next one has its own', async () => {
        for (const who of [ANN, BOB, ANN]) {
          const { taskId } = (await upload(who)).json;
          assert.equal(await db().query(`SELECT tenant FROM xlsx_private.task WHERE id = ${taskId}`), who);
          await db().query(`SELECT xlsx.wait(${taskId})`);
          assert.equal((await call(who, 'DELETE', `${BASE}/tasks/${taskId}`)).status, 200);
        }
      });

      test('are single settings, too, where the sidecar is told so', async () => {
        await db().query(`CREATE TABLE seen (claim text DEFAULT current_setting('request.jwt.claim.sub', true), name text); GRANT INSERT ON seen TO ${SHARED};
          SELECT xlsx.create_profile('seen', 'seen'), xlsx.set_column('seen', 'claim', source => 'none');
          UPDATE xlsx_private.profile SET settings = '{request.jwt.claim.sub}' WHERE name = 'seen'`);
        const single = await Notifier.start({ 'database-url': tenants.url, 'jwt-secret': SECRET, 'jwt-single-claims': 'on' });
        for (const [url, expected] of [[single.url, ANN], [tenants.server.url, '']]) {
          const { taskId } = (await upload(ANN, [['profile', 'seen']], [['Name'], ['Ann']], url)).json;
          assert.equal(await db().query(`SELECT xlsx.wait(${taskId})`), 'COMPLETED');
          assert.equal(await db().query('WITH gone AS (DELETE FROM seen RETURNING claim) SELECT claim FROM gone'), expected);
        }
        await single.stop();
        await db().query("SELECT xlsx.drop_profile('seen')");
      });
    });

    describe('a stream of all one\'s own tasks', { timeout: 30000 }, () => {
      test('has those of the tenant, and no others of the role', async () => {
        const open = (who) => EventStream.open(`${tenants.server.url}${BASE}/tasks/events?access_token=${token(claimsOf(who))}`);
        const [hers, his] = [await open(ANN), await open(BOB)];
        const { taskId } = (await upload(BOB)).json;
        const until = async (stream, id) => {
          const events = [];
          do events.push(await stream.next());
          while (events.at(-1).data.taskId !== id || events.at(-1).event !== 'task-completed');
          return events;
        };
        await until(his, taskId);
        const own = (await upload(ANN)).json.taskId;
        const heard = await until(hers, own);
        assert.deepEqual(heard.filter(({ data }) => data.taskId === taskId), []);
        for (const [who, id] of [[BOB, taskId], [ANN, own]]) assert.equal((await call(who, 'DELETE', `${BASE}/tasks/${id}`)).status, 200);
        await Promise.all([hers.drop(), his.drop()]);
      });
    });

    describe('a place in a room', { timeout: 30000 }, () => {
      test('is lost with a token of another tenant on the same socket', async () => {
        const task = (await upload(ANN, [['runAt', '2100-01-01']])).json.taskId;
        const member = await Member.connect(io, tenants.server.url, { auth: { token: token(claimsOf(ANN)) } });
        await member.join(task);
        member.socket.emit('auth', { token: token({ ...claimsOf(BOB), exp: now() + 600 }) });
        assert.equal((await member.until('exception')).message, `Task with ID ${task} not found`);
        await db().emit(task, 'task-progress', { phase: 'SAVING' });
        assert.deepEqual((await member.rest()).filter(([name]) => name === 'task-progress'), []);
        member.close();
        assert.equal((await call(ANN, 'DELETE', `${BASE}/tasks/${task}`)).status, 200);
      });
    });
  },
});
