// The sidecar beside the official socket.io server: the same database, clients, events, ping interval.  Both run in turns, the one
// that begins changing from round to round, and each figure is the median of the rounds with the least and the greatest beside it.
// node bench.js [CONNECTIONS...], BENCH_ROUNDS=5; make bench-notifier

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import http from 'node:http';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { WebSocket } from 'ws';
import { Cluster, root } from '../../test/notifier/process/support/server.js';

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);
const FAN_OUTS = [10, 100, 1000];
const OTHERS = 100;              // clients that poll, and streams
const DELIVERIES = Number(process.env.BENCH_DELIVERIES ?? 20000);
const RATE = 4000;               // deliveries a second, so that latency is not queueing
const CONNECTING = 100;          // at a time
const PING_MS = 600000;          // of both

const here = dirname(fileURLToPath(import.meta.url));
const sizes = process.argv.slice(2).map(Number);
if (sizes.length === 0) sizes.push(1000, 10000);

async function start(command, args) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  return { child, port: Number(line.match(/(\d+)$/)[1]) };
}

const servers = (url) => [
  ['sidecar', () => start(join(root, 'build/pg_xlsx_notifier'), ['--port=0', `--database-url=${url}`, `--ping-interval=${PING_MS}ms`, '--log-level=error', '--allow-superuser=on'])],
  ['socket.io', () => start('node', [join(here, 'official.js'), url, String(PING_MS)])],
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

// A client that polls: one GET after the other.
class PollingClient {
  constructor(port) {
    this.base = `http://127.0.0.1:${port}/socket.io/?EIO=4&transport=polling`;
    this.agent = new http.Agent({ keepAlive: true, maxSockets: 2 });
    this.ready = this.#open();
  }

  #request(method, body) {
    return new Promise((resolve, reject) => {
      const request = http.request(this.base, { method, agent: this.agent, headers: { 'content-type': 'text/plain;charset=UTF-8' } }, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (part) => { text += part; });
        response.on('end', () => resolve(text));
      });
      request.on('error', reject);
      request.end(body);
    });
  }

  async #open() {
    const { sid } = JSON.parse((await this.#request('GET')).slice(1));
    this.base += `&sid=${sid}`;
    await this.#request('POST', '40/upload-xlsx,');
    await this.#request('GET');
    this.#poll();
  }

  async #poll() {
    while (!this.closed) {
      const text = await this.#request('GET').catch(() => '');
      for (const packet of text.split('\x1e')) {
        if (packet === '2') this.#request('POST', '3');
        else if (packet.includes('"joined-task"')) this.joined();
        else this.onEvent?.(packet);
      }
    }
  }

  join(task) {
    return new Promise((resolve) => {
      this.joined = resolve;
      this.#request('POST', `42/upload-xlsx,["join-task",{"taskId":${task}}]`);
    });
  }

  close() {
    this.closed = true;
    this.agent.destroy();
  }
}

// A stream of server-sent events; it joins by being asked for.
class StreamClient {
  constructor(port) {
    this.url = `http://127.0.0.1:${port}/upload-xlsx/tasks`;
    this.ready = Promise.resolve();
  }

  join(task) {
    return new Promise((resolve, reject) => {
      this.request = http.get(`${this.url}/${task}/events`, { agent: false }, (response) => {
        response.setEncoding('utf8');
        response.on('data', (text) => { for (const block of text.split('\n\n')) this.onEvent?.(block); });
        response.on('error', () => {});
        resolve();
      });
      this.request.on('error', reject);
    });
  }

  close() {
    this.request.destroy();
  }
}

async function connect(port, count, Kind = Client) {
  const clients = [];
  while (clients.length < count) {
    const some = Array.from({ length: Math.min(CONNECTING, count - clients.length) }, () => new Kind(port));
    await Promise.all(some.map(({ ready }) => ready));
    clients.push(...some);
  }
  return clients;
}

const percentile = (sorted, p) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * p))];

const spent = (before, after, count) => {
  const used = (after.total - before.total) / count / 1000;
  const [user, system] = [after.user - before.user, after.system - before.system];
  return { cpu: used, own: (used * user) / Math.max(1, user + system) };
};

// One room of so many members; events at a steady rate; when each reached each.
async function measure(pid, members, db, task) {
  for (const member of members) await member.join(task);
  const events = Math.max(20, Math.floor(DELIVERIES / members.length));
  const latencies = [];
  let done;
  const all = new Promise((resolve) => { done = resolve; });
  for (const member of members) {
    member.onEvent = (text) => {
      const sent = text.match(/"sent":([\d.]+)/);
      if (!sent) return;
      latencies.push(performance.now() - Number(sent[1]));
      if (latencies.length === events * members.length) done();
    };
  }
  const before = cpu(pid);
  const begin = performance.now();
  for (let i = 0; i < events; i++) {
    const due = begin + (i * members.length * 1000) / RATE;
    if (due > performance.now()) await new Promise((resolve) => setTimeout(resolve, due - performance.now()));
    await db.query('SELECT xlsx.emit($1, $2, $3)', [task, 'task-progress', JSON.stringify({ phase: 'SAVING', progress: i % 100, savedRows: i * 1000, sent: performance.now() })]);
  }
  await all;
  const figures = spent(before, cpu(pid), latencies.length);
  for (const member of members) member.onEvent = undefined;
  latencies.sort((a, b) => a - b);
  return { p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99), ...figures };
}

// All clients join one task, each when the one before it has: an answer of the database each for the sidecar, of none for the other.
async function measureJoins(pid, clients, task) {
  const before = cpu(pid);
  const latencies = [];
  for (const client of clients) {
    const begin = performance.now();
    await client.join(task);
    latencies.push(performance.now() - begin);
  }
  latencies.sort((a, b) => a - b);
  return { p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99), ...spent(before, cpu(pid), clients.length) };
}

// One server, once: its figures by line.
async function oneRun(open, size, db, task, add) {
  const { child, port } = await open();
  const idle = memory(child.pid);
  const clients = await connect(port, size);
  const rest = { idle: idle / 1024, each: (memory(child.pid) - idle) / size };
  for (const fanOut of FAN_OUTS.filter((n) => n <= size)) add(`to ${fanOut}`, { ...await measure(child.pid, clients.slice(0, fanOut), db, await task()), ...rest });
  add('a join', { ...await measureJoins(child.pid, clients.slice(0, 1000), await task()), ...rest });
  for (const { socket } of clients) socket.terminate();
  for (const [name, Kind] of [[`to ${OTHERS}, polling`, PollingClient], [`to ${OTHERS}, streams`, StreamClient]]) {
    const others = await connect(port, OTHERS, Kind);
    add(name, { ...await measure(child.pid, others, db, await task()), ...rest });
    for (const other of others) other.close();
  }
  child.kill('SIGKILL');
  await once(child, 'exit');
}

const COLUMNS = [['p50', 'p50 ms', 2], ['p99', 'p99 ms', 2], ['cpu', 'CPU µs', 1], ['own', 'own µs', 1], ['idle', 'idle MB', 1], ['each', 'KB/client', 1]];
const row = (...cells) => console.log(`| ${cells.map((cell, i) => (i < 3 ? String(cell).padEnd([10, 7, 16][i]) : String(cell).padStart(18))).join(' | ')} |`);

// Median (least to greatest).
function summary(values, digits) {
  const sorted = [...values].sort((a, b) => a - b);
  return `${percentile(sorted, 0.5).toFixed(digits)} (${sorted[0].toFixed(digits)}-${sorted.at(-1).toFixed(digits)})`;
}

const cluster = Cluster.start('');
const url = `postgresql://${cluster.env.PGUSER}@${cluster.env.PGHOST}:${cluster.env.PGPORT}/postgres`;
const db = new pg.Client(url);
let failed = false;
try {
  await db.connect();
  await db.query("CREATE EXTENSION pg_xlsx; CREATE TABLE people (name text); SELECT xlsx.create_profile('people', 'people')");
  const task = async () => (await db.query("SELECT xlsx.submit('people', '\\x504b0304'::bytea, 'idle.xlsx', run_at => now() + '1 day') AS id")).rows[0].id;
  console.log(`${ROUNDS} rounds: median (least-greatest)`);
  row('server', 'clients', 'delivery', ...COLUMNS.map(([, title]) => title));
  row('---', '---', '---', ...COLUMNS.map(() => '---'));
  for (const size of sizes) {
    const figures = new Map();
    for (let round = 0; round < ROUNDS; round++) {
      const order = servers(url);
      if (round % 2 === 1) order.reverse();
      for (const [name, open] of order) {
        await oneRun(open, size, db, task, (line, values) => {
          const key = JSON.stringify([line, name]);
          figures.set(key, [...(figures.get(key) ?? []), values]);
        });
      }
    }
    for (const [key, runs] of [...figures].sort()) {
      const [line, name] = JSON.parse(key);
      row(name, size, line, ...COLUMNS.map(([member, , digits]) => summary(runs.map((values) => values[member]), digits)));
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
