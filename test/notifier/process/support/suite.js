// Runs the test files of a folder, one server for all of them; the last line is the sum.
// VERBOSE=1 prints the output of each, also when all pass.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { run } from 'node:test';
import { tap } from 'node:test/reporters';
import { Cluster } from './server.js';

const FILE_TIMEOUT_MS = 300000;

// files: some of them only; settings: of the server. Resolves to the status of the process.
export async function runSuite(folder, files, settings) {
  const chosen = files.length > 0 ? files
    : readdirSync(folder).filter((name) => name.endsWith('.test.js')).sort().map((name) => join(folder, name));

  const cluster = Cluster.start(settings);
  process.env.PGXLSX_TEST_CLUSTER = cluster.directory;

  let output = '';
  try {
    for await (const part of run({ files: chosen, concurrency: 2, timeout: FILE_TIMEOUT_MS }).compose(tap)) output += part;
  } finally {
    cluster.remove();
  }

  const count = (name) => Number(output.match(new RegExp(`^# ${name} (\\d+)`, 'm'))?.[1] ?? 0);
  const passed = count('pass');
  const failed = count('fail') + count('cancelled') + (passed === 0 ? 1 : 0);
  if (failed > 0 || process.env.VERBOSE) process.stdout.write(output);
  for (const [, name] of output.matchAll(/^ *not ok \d+ - (.*)$/gm)) console.log(`failed: ${name}`);
  console.log(`${passed} passed, ${failed} failed, ${count('skipped')} skipped`);
  return failed === 0 ? 0 : 1;
}
