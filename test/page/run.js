// Runs the test files, one server for all of them; the last line is the sum.
// node run.js [FILE...]

import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { run } from 'node:test';
import { tap } from 'node:test/reporters';
import { fileURLToPath } from 'node:url';
import { Cluster } from '../node/support/server.js';

const FILE_TIMEOUT_MS = 300000;

const folder = dirname(fileURLToPath(import.meta.url));
const given = process.argv.slice(2);
const files = given.length > 0 ? given
  : readdirSync(folder).filter((name) => name.endsWith('.test.js')).sort().map((name) => join(folder, name));

const cluster = Cluster.start('max_connections = 100\nmax_worker_processes = 24');
process.env.PGXLSX_TEST_CLUSTER = cluster.directory;

let output = '';
try {
  for await (const part of run({ files, concurrency: 2, timeout: FILE_TIMEOUT_MS }).compose(tap)) output += part;
} finally {
  cluster.remove();
}

const count = (name) => Number(output.match(new RegExp(`^# ${name} (\\d+)`, 'm'))?.[1] ?? 0);
const passed = count('pass');
const failed = count('fail') + count('cancelled') + (passed === 0 ? 1 : 0);
if (failed > 0) process.stdout.write(output);
console.log(`${passed} passed, ${failed} failed, ${count('skipped')} skipped`);
process.exit(failed === 0 ? 0 : 1);
