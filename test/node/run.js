// Runs the test files, one server for all of them; the last line is the sum.
// node run.js [FILE...]

import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Cluster } from './support/cluster.js';

const folder = dirname(fileURLToPath(import.meta.url));
const given = process.argv.slice(2);
const files = given.length > 0 ? given
  : readdirSync(folder).filter((name) => name.endsWith('.test.js')).sort().map((name) => join(folder, name));

// Node.js 18, which Debian 12 has, knows neither.
const limits = Number(process.versions.node.split('.')[0]) < 20 ? []
  : ['--test-concurrency=2', '--test-timeout=120000'];

const cluster = Cluster.start('max_connections = 200\nmax_worker_processes = 32');
let output = '';
try {
  const { stdout } = spawnSync(process.execPath, ['--test', ...limits, '--test-reporter=tap', ...files], {
    env: { ...process.env, PGXLSX_TEST_CLUSTER: cluster.directory },
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  output = stdout;
} finally {
  cluster.remove();
}

const count = (name) => Number(output.match(new RegExp(`^# ${name} (\\d+)`, 'm'))?.[1] ?? 0);
const passed = count('pass');
const failed = count('fail') + count('cancelled');
if (failed > 0 || passed === 0) process.stdout.write(output);
console.log(`${passed} passed, ${failed > 0 || passed > 0 ? failed : 1} failed, ${count('skipped')} skipped`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
