// The sidecar beside the official socket.io server, in one run: the same database, clients, events.
// node bench.js [CONNECTIONS...]; make bench-notifier

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { WebSocket } from 'ws';
import { Cluster, root } from '../../test/notifier/process/support/server.js';

const FAN_OUTS = [10, 100, 1000];
const DELIVERIES = 20000;
const RATE = 4000;               // deliveries a second, so that latency is not queueing
const CONNECTING = 100;          // at a time

const here = dirname(fileURLToPath(import.meta.url));
const sizes = process.argv.slice(2).map(Number);
if (sizes.length === 0) sizes.push(1000, 10000);

async function start(command, args) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  return { child, port: Number(line.match(/(\d+)$/)[1]) };
}

const servers = (url) => [
  ['sidecar', () => start(join(root, 'build/pg_xlsx_notifier'), ['--port=0', `--database-url=${url}`, '--ping-interval=10min', '--log-level=error', '--allow-superuser=on'])],
  ['socket.io', () => start('node', [join(here, 'official.js'), url])],
];

const memory = (pid) => Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)[1]);

// Nanoseconds that all threads of the process have run, and how much of that outside the kernel (a share by samples of 10 ms).
function cpu(pid) {
  const threads = readdirSync(`/proc/${pid}/task`);
  const total = threads.reduce((sum, thread) => sum + Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]), 0);
  const [user, system] = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/.*\) /, '').split(' ').slice(11, 13).map(Number);
  return { total, user, system };
}

class Client {
  constructor(port) {
    this.socket = new WebSocket(`ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`, { perMessageDeflate: false });
    this.onEvent = undefined;
    this.joined = undefined;
    this.ready = new Promise((resolve, reject) => {
      this.socket.on('error', reject);
      this.socket.on('message', (data) => this.#message(data.toString(), resolve));
    });
  }

  #message(text, ready) {
    if (text[0] === '0') this.socket.send('40/upload-xlsx,');
    else if (text === '2') this.socket.send('3');
    else if (text.startsWith('40')) ready();
    else if (text.includes('"joined-task"')) this.joined();
    else this.onEvent?.(text);
  }

  join(task) {
    return new Promise((resolve) => {
      this.joined = resolve;
      this.socket.send(`42/upload-xlsx,["join-task",{"taskId":${task}}]`);
    });
  }
}

async function connect(port, count) {
  const clients = [];
  while (clients.length < count) {
    const some = Array.from({ length: Math.min(CONNECTING, count - clients.length) }, () => new Client(port));
    await Promise.all(some.map(({ ready }) => ready));
    clients.push(...some);
  }
  return clients;
}

const percentile = (sorted, p) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * p))];

// One room of so many members; events at a steady rate; when each reached each.
async function measure(pid, clients, fanOut, db, task) {
  const members = clients.slice(0, fanOut);
  for (const member of members) await member.join(task);
  const events = Math.max(20, Math.floor(DELIVERIES / fanOut));
  const latencies = [];
  let done;
  const all = new Promise((resolve) => { done = resolve; });
  for (const member of members) {
    member.onEvent = (text) => {
      const sent = text.match(/"sent":([\d.]+)/);
      if (!sent) return;
      latencies.push(performance.now() - Number(sent[1]));
      if (latencies.length === events * fanOut) done();
    };
  }
  const before = cpu(pid);
  const begin = performance.now();
  for (let i = 0; i < events; i++) {
    const due = begin + (i * fanOut * 1000) / RATE;
    if (due > performance.now()) await new Promise((resolve) => setTimeout(resolve, due - performance.now()));
    await db.query('SELECT xlsx.emit($1, $2, $3)', [task, 'task-progress', JSON.stringify({ phase: 'SAVING', progress: i % 100, savedRows: i * 1000, sent: performance.now() })]);
  }
  await all;
  const after = cpu(pid);
  const used = (after.total - before.total) / latencies.length / 1000;
  const [user, system] = [after.user - before.user, after.system - before.system];
  for (const member of members) member.onEvent = undefined;
  latencies.sort((a, b) => a - b);
  return { p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99), cpu: used, own: (used * user) / Math.max(1, user + system) };
}

const row = (...cells) => console.log(`| ${cells.map((cell, i) => (i < 1 ? String(cell).padEnd(10) : String(cell).padStart(9))).join(' | ')} |`);

const cluster = Cluster.start('');
const url = `postgresql://${cluster.env.PGUSER}@${cluster.env.PGHOST}:${cluster.env.PGPORT}/postgres`;
const db = new pg.Client(url);
let failed = false;
try {
  await db.connect();
  await db.query("CREATE EXTENSION pg_xlsx; CREATE TABLE people (name text); SELECT xlsx.create_profile('people', 'people')");
  const task = async () => (await db.query("SELECT xlsx.submit('people', '\\x504b0304'::bytea, 'idle.xlsx', run_at => now() + '1 day') AS id")).rows[0].id;
  row('server', 'clients', 'fan-out', 'p50 ms', 'p99 ms', 'CPU µs', 'own µs', 'idle MB', 'KB/client');
  row('---', '---', '---', '---', '---', '---', '---', '---', '---');
  for (const size of sizes) {
    for (const [name, open] of servers(url)) {
      const { child, port } = await open();
      const idle = memory(child.pid);
      const clients = await connect(port, size);
      const each = (memory(child.pid) - idle) / size;
      for (const fanOut of FAN_OUTS.filter((n) => n <= size)) {
        const { p50, p99, cpu: used, own } = await measure(child.pid, clients, fanOut, db, await task());
        row(name, size, fanOut, p50.toFixed(2), p99.toFixed(2), used.toFixed(2), own.toFixed(2), (idle / 1024).toFixed(1), each.toFixed(1));
      }
      for (const { socket } of clients) socket.terminate();
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  }
} catch (error) {
  failed = true;
  console.error(error);
} finally {
  await db.end().catch(() => {});
  cluster.remove();
}
process.exit(failed ? 1 : 0);
