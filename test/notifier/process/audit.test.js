// What the sidecar does for somebody is recorded with the subject of his token.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { BASE } from './support/api.js';
import { request } from './support/engine.js';
import { ANN, Tenants } from './support/tenants.js';
import { now, token as sign } from './support/token.js';
import { people, workbook } from './support/workbook.js';

let tenants;

before(async () => { tenants = await Tenants.create(); });
after(() => tenants.remove());

const call = (method, path, token, body) => request(`${tenants.server.url}${BASE}${path}`, {
  method, body, headers: { authorization: `Bearer ${token}`, 'content-type': 'application/octet-stream', ...(body ? {} : { 'content-length': 0 }) },
});
const of = (task) => tenants.db.query(`SELECT string_agg(concat_ws(' ', action, coalesce(subject, '-')), ', ' ORDER BY id) FROM xlsx.audit WHERE task = ${task} AND action IN ('submit', 'delete', 'undo', 'cancel')`);

for (const [name, sub, recorded] of [['names', 'ann@example.org', 'ann@example.org'], ['has no subject', undefined, '-'], ['has a long one', 'é'.repeat(200), 'é'.repeat(63)]]) {
  test(`of a token that ${name}`, async () => {
    const token = sign({ role: ANN, exp: now() + 60, ...(sub === undefined ? {} : { sub }) });
    const { status, text } = await call('POST', '/upload?profile=people&fileName=people.xlsx', token, workbook(people(3)));
    assert.equal(status, 201, text);
    const { taskId } = JSON.parse(text);
    await tenants.db.query(`SELECT xlsx.wait(${taskId})`);
    assert.equal((await call('POST', `/tasks/${taskId}/undo`, token)).status, 200);
    assert.equal((await call('DELETE', `/tasks/${taskId}`, token)).status, 200);
    assert.equal(await of(taskId), `submit ${recorded}, undo ${recorded}, delete ${recorded}`);
    assert.equal(await tenants.db.query(`SELECT DISTINCT actor || ' ' || login FROM xlsx.audit WHERE task = ${taskId} AND action <> 'run' AND action <> 'end'`), `${ANN} ${tenants.web}`);
  });
}
