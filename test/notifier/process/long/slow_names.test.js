// A name server that does not answer holds up the webhook that needs it, and nobody else.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Database } from '../support/cluster.js';
import { Notifier } from '../support/notifier.js';
import { root } from '../support/server.js';
import { people, workbook } from '../support/workbook.js';

let db;

before(async () => {
  execFileSync('make', ['-s', 'build/slowname.so'], { cwd: root });
  db = await Database.create();
});
after(() => db.drop());

test('a webhook whose name is not found in time lets the sidecar answer meanwhile', { timeout: 120000 }, async () => {
  await db.query("SELECT xlsx.alter_profile('people', webhooks => '{http://a.slow.test/}')");
  const server = await Notifier.start({ 'database-url': db.url, 'webhook-secret': 'x'.repeat(32), 'webhook-attempts': 1 },
    { env: { LD_PRELOAD: join(root, 'build/slowname.so'), ASAN_OPTIONS: 'verify_asan_link_order=0' } });
  let longest = 0;
  try {
    await db.query(`SELECT task FROM xlsx.import('people', '\\x${workbook(people(2)).toString('hex')}')`);
    // It is given up after 15 seconds; the name would take 25.
    for (const begin = Date.now(); Date.now() - begin < 27000;) {
      const asked = Date.now();
      await (await fetch(`${server.url}/health`)).text();
      longest = Math.max(longest, Date.now() - asked);
    }
    const [{ state, last_error: error }] = await db.json('SELECT state, last_error FROM xlsx.webhook_deliveries');
    assert.equal(state, 'failed');
    assert.match(error, /^Resolving timed out after 15\d{3} milliseconds$/);
  } finally {
    await server.stop();
  }
  assert.ok(longest < 5000, `an answer took ${longest} ms`);
});
