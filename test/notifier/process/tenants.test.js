// Two users with a role each.

import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { BASE, form } from './support/api.js';
import { strangers } from './support/strangers.js';
import { ANN, BOB, Tenants } from './support/tenants.js';
import { people, workbook } from './support/workbook.js';

strangers({
  create: () => Tenants.create(),
  claimsOf: (who) => ({ role: who }),
  more: ({ call, upload, db }) => {
    describe('profiles', () => {
      before(() => db().query(`CREATE TABLE salaries (name text NOT NULL); ALTER TABLE salaries OWNER TO ${ANN};
        SET ROLE ${ANN}; SELECT xlsx.create_profile('salaries', 'salaries')`));

      test('are for everybody to see, the tables behind them are not to write', async () => {
        const { json } = await call(BOB, 'GET', `${BASE}/profiles`);
        assert.ok(JSON.stringify(json).includes('salaries'));
        const { status, json: answer } = await upload(BOB, [['profile', 'salaries']], [['Name'], ['Bob']]);
        assert.equal(status, 201);
        assert.equal(await db().query(`SELECT xlsx.wait(${answer.taskId})`), 'FAILED');
        assert.equal((await call(BOB, 'DELETE', `${BASE}/tasks/${answer.taskId}`)).status, 200);
        assert.equal(await db().query('SELECT count(*) FROM salaries'), '0');
      });

      test('serve whoever has a right to the table', async () => {
        for (const what of ['template', 'schema']) assert.equal((await call(ANN, 'GET', `${BASE}/profiles/salaries/${what}`)).status, 200);
        const { headers, body } = form([['profile', 'people'], ['file', workbook(people(2)), 'a.xlsx']]);
        assert.equal((await call(BOB, 'POST', `${BASE}/preview`, { headers, body })).status, 200);
      });
    });
  },
});
