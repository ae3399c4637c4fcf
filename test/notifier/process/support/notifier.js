// The notifier as a process. With PGXLSX_TEST_TARGET=official the tests of the
// protocol run against the official server instead, which must pass them, too.

import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { atEnd } from './cleanup.js';
import { Official } from './official.js';
import { root } from './server.js';

const binary = process.env.PGXLSX_NOTIFIER ?? join(root, 'build/pg_xlsx_notifier');

// Is it the official server that is tested?
export const foreign = process.env.PGXLSX_TEST_TARGET === 'official';

export class Notifier {
  // settings: { 'ping-interval': '300ms', … } as on the command line; login.test.js is about the login.
  static async start(settings = {}, { env = {}, wrapper = [], more = [] } = {}) {
    if (foreign) return Official.start(settings);
    const args = Object.entries({ port: 0, 'web-root': '', 'allow-superuser': 'on', ...settings }).map(([name, value]) => `--${name}=${value}`);
    const [command, ...first] = [...wrapper, binary];
    const child = spawn(command, [...first, ...args, ...more], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH, ...env },
    });
    const notifier = new Notifier(child);
    await notifier.#listening();
    return notifier;
  }

  constructor(child) {
    this.child = child;
    this.log = '';
    this.exited = new Promise((resolve) => child.on('close', (code, signal) => resolve({ code, signal })));
    child.stderr.on('data', (data) => { this.log += data; });
    this.exited.then(atEnd(() => child.kill('SIGKILL')));
  }

  async #listening() {
    const lines = createInterface({ input: this.child.stdout });
    const line = await Promise.race([
      new Promise((resolve) => lines.once('line', resolve)),
      this.exited.then(({ code }) => { throw new Error(`notifier ended with ${code}: ${this.log}`); }),
    ]);
    this.url = line.match(/^listening on (https?:\/\/\S+)$/)[1];
    this.port = Number(new URL(this.url).port);
  }

  // Until the condition on the log holds.
  async logged(pattern) {
    while (!pattern.test(this.log)) await new Promise((resolve) => this.child.stderr.once('data', resolve));
  }

  async stop(signal = 'SIGTERM') {
    this.child.kill(signal);
    const end = await this.exited;
    if (/Sanitizer|runtime error:/.test(this.log)) throw new Error(this.log.slice(this.log.search(/^.*(Sanitizer|runtime error:)/m)));
    return end;
  }

  // Kilobytes, from /proc; a build with sanitizers says nothing about the real one.
  memory(field = 'VmRSS') {
    if (process.env.PGXLSX_NOTIFIER) return 1;
    return Number(readFileSync(`/proc/${this.child.pid}/status`, 'utf8').match(new RegExp(`${field}:\\s+(\\d+)`))[1]);
  }

  // Processor time used so far, in milliseconds.
  processorTime() {
    const fields = readFileSync(`/proc/${this.child.pid}/stat`, 'utf8').replace(/.*\) /, '').split(' ');
    return (Number(fields[11]) + Number(fields[12])) * 10;
  }

  openFiles() {
    return readdirSync(`/proc/${this.child.pid}/fd`).length;
  }
}
