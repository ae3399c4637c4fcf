// A private PostgreSQL server, started by the script that all suites use.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '../../../..');
const script = join(root, 'test/tools/cluster.sh');

export class Cluster {
  constructor(directory, env) {
    this.directory = directory;
    this.env = env;
  }

  static start(settings = '') {
    const directory = mkdtempSync(join(tmpdir(), 'pg_xlsx_node.'));
    execFileSync(script, ['start', directory], { input: `fsync = off\n${settings}\n` });
    return new Cluster(directory, this.readEnv(directory));
  }

  static readEnv(directory) {
    const lines = readFileSync(join(directory, 'env'), 'utf8').trim().split('\n');
    return Object.fromEntries(lines.map((line) => line.split('=')));
  }

  stop(mode = 'fast') {
    execFileSync(script, ['stop', this.directory, mode]);
  }

  startAgain() {
    execFileSync(script, ['start', this.directory, this.env.PGPORT], { input: '' });
  }

  remove() {
    execFileSync(script, ['remove', this.directory]);
  }
}
