// Random interruptions of the sidecar, its database and all connections: every client hears exactly one end of every task that it
// may see, no number goes back, and memory is flat. The clients are those of Socket.IO, event streams, and pages in Chromium; the tasks are some
// that are cancelled, and imports.  node torture.js [ROUNDS [SEED]]; make torture-notifier

import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Database } from '../process/support/cluster.js';
import { Notifier } from '../process/support/notifier.js';
import { Proxy } from '../process/support/proxy.js';
import { Cluster, root } from '../process/support/server.js';
import { SECRET, token } from '../process/support/token.js';
import { people, workbook } from '../process/support/workbook.js';
import { SocketFollower, StreamFollower } from './follower.js';
import { LiveFollower, makeSite, ReadmeFollower } from './page_follower.js';

const TASKS = 50;
const CLIENTS = 200;
const SIDECARS = 2;
const FOLLOWED = 4;              // tasks of each client
const TABS = 3;                  // of each role's browser, with LiveTasks
const IMPORTS = 20;              // real ones, which come while it goes on
const HEARD_MS = 90000;          // from the last interruption to the last end
const MEMORY_KB = 24 * 1024;     // more than at the start: what 200 clients and their queues may take

const rounds = Number(process.argv[2] ?? 200);
const seed = Number(process.argv[3] ?? Date.now() % 1000000);
const run = promisify(execFile);
const need = createRequire(new URL('../process/package.json', import.meta.url));
const { io } = need('socket.io-client');
const { io: oldest } = need('socket.io-client-4.0');
const { launch } = await import('../page/support/browser.js');

// mulberry32
let state = seed;
function random(below) {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) % below;
}
const pick = (list) => list[random(list.length)];
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const cluster = Cluster.start('max_connections = 200\nmax_worker_processes = 8');
const script = join(root, 'test/tools/cluster.sh');
const roles = ['ann', 'bob'];
const sidecars = [];
const followers = [];
const notes = [];
const site = makeSite();
let db;
let browser;
let imports = 0;

async function openSidecar(i) {
  const settings = { 'database-url': sidecars[i].proxy.through(db.url.replace(/\/\/[^@]*@/, '//web@')), 'jwt-secret': SECRET,
    'web-root': site.folder, 'ping-interval': '2s', 'ping-timeout': '3s', 'rights-interval': '5s', 'log-level': 'warning', port: sidecars[i].port ?? 0 };
  const notifier = await Notifier.start(settings);
  Object.assign(sidecars[i], { notifier, port: notifier.port });
}

async function prepare() {
  db = await Database.create(cluster.env);
  await db.query(`CREATE ROLE ann; CREATE ROLE bob; CREATE ROLE web LOGIN; GRANT xlsx_user TO ann, bob; GRANT xlsx_notifier, ann, bob TO web;
    GRANT SELECT, INSERT, DELETE ON people TO ann, bob;
    CREATE FUNCTION take_time() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN PERFORM pg_sleep(0.2); RETURN NEW; END$$;
    CREATE TRIGGER take_time BEFORE INSERT ON people FOR EACH ROW WHEN (NEW.name LIKE '%00') EXECUTE FUNCTION take_time();
    ALTER DATABASE ${db.name} SET pg_xlsx.progress_interval = 0`);
  for (let i = 0; i < SIDECARS; i++) {
    sidecars.push({ proxy: await Proxy.start(cluster.env) });
    await openSidecar(i);
  }
}

async function makeTasks() {
  const tasks = {};
  for (const role of roles) {
    const ids = await db.query(`SET ROLE ${role}; SELECT string_agg(xlsx.submit('people', '\\x504b0304'::bytea, 'idle.xlsx', run_at => now() + '1 day')::text, ',') FROM generate_series(1, ${TASKS / roles.length})`);
    tasks[role] = ids.split(',').map(Number);
  }
  return tasks;
}

const kinds = [
  ['websocket', (own) => new SocketFollower({ ...own, io, options: { transports: ['websocket'] } })],
  ['polling', (own) => new SocketFollower({ ...own, io, options: { transports: ['polling'] } })],
  ['upgrade', (own) => new SocketFollower({ ...own, io, options: {} })],
  ['socket.io-client 4.0', (own) => new SocketFollower({ ...own, io: oldest, options: {} })],
  ['stream', (own) => new StreamFollower(own)],
];

function openFollowers(tasks) {
  for (let i = 0; i < CLIENTS; i++) {
    const [kind, open] = kinds[i % kinds.length];
    const role = roles[Math.floor(i / kinds.length) % roles.length];
    const others = tasks[roles.find((other) => other !== role)];
    const { port } = sidecars[i % SIDECARS];
    const mine = Array.from({ length: FOLLOWED }, (_, n) => tasks[role][(i + n * 7) % tasks[role].length]);
    followers.push(Object.assign(open({ name: `client ${i} (${kind})`, tasks: [...new Set(mine)], foreign: pick(others),
      url: `http://127.0.0.1:${port}`, token: token({ role, sub: `user ${i % 3}` }) }), { role }));
  }
}

// Each role has a browser with tabs that share what tabs share, at one sidecar, and a page with the README's snippet.
async function openPages(tasks) {
  browser = await launch();
  for (const [i, role] of roles.entries()) {
    const context = await browser.newContext();
    const common = { foreign: 0, url: `http://127.0.0.1:${sidecars[i % SIDECARS].port}`, token: token({ role, sub: 'a browser' }), context };
    const own = Array.from({ length: TABS }, (_, tab) => new LiveFollower({ ...common, name: `tab ${tab} of ${role}`, tasks: tasks[role] }));
    own.push(new ReadmeFollower({ ...common, name: `README of ${role}`, tasks: tasks[role].slice(0, FOLLOWED) }));
    followers.push(...own.map((follower) => Object.assign(follower, { role })));
  }
  await Promise.all(followers.map(({ opened }) => opened));
}

// A real import, which somebody of each kind follows; the tabs find out by themselves.
async function importOne(tasks) {
  const role = pick(roles);
  const book = workbook(people(300, (row) => (row % 100 === 7 && imports % 2 === 0 ? 1 : undefined))).toString('hex');
  const task = Number(await query(`SET ROLE ${role}; SELECT xlsx.submit('people', '\\x${book}'::bytea, 'real.xlsx', idempotency_key => 'import ${++imports}')`));
  tasks[role].push(task);
  const free = followers.filter((follower) => follower.role === role && !(follower instanceof ReadmeFollower));
  for (const follower of free) if (follower instanceof LiveFollower || random(10) === 0) follower.add(task);
}

// What can happen; each heals itself.
const interruptions = {
  async 'a sidecar is killed'(sidecar, i) {
    sidecar.notifier.child.kill('SIGKILL');
    await sidecar.notifier.exited;
    await wait(random(400));
    await openSidecar(i);
  },
  async 'a sidecar stands still'({ notifier }) {
    notifier.child.kill('SIGSTOP');
    await wait(random(2500));
    notifier.child.kill('SIGCONT');
  },
  async 'the database is killed'() {
    await run(script, ['stop', cluster.directory, 'immediate']);
    await wait(random(600));
    const start = run(script, ['start', cluster.directory, cluster.env.PGPORT]);
    start.child.stdin.end();
    await start;
  },
  async 'connections are cut'({ proxy }) {
    proxy.cut();
  },
  async 'connections are reset'({ proxy }) {
    proxy.reset();
  },
  async 'connections fall silent'({ proxy }) {
    proxy.silence();
  },
  async 'connections fall silent, new ones as well'({ proxy }) {
    proxy.silence({ newOnes: true });
    await wait(random(3000));
    proxy.speak();
  },
  async 'connections are refused'({ proxy }) {
    await proxy.refuse();
    proxy.reset();
    await wait(random(1500));
    await proxy.accept();
  },
  async 'answers are slow'({ proxy }) {
    proxy.delay(random(500));
    await wait(random(1500));
    proxy.delay(0);
  },
  async 'clients are cut off'() {
    for (let i = 0; i < 40; i++) pick(followers).drop();
  },
  async 'a tab is loaded again'() {
    pick(followers.filter((follower) => follower instanceof LiveFollower)).drop();
  },
};

async function query(sql) {
  for (;;) {
    try {
      return await db.query(sql);
    } catch (error) {
      if (!/connect|starting up|shutting down|terminat|recovery/.test(error.message)) throw error;
      await wait(100);
    }
  }
}

async function oneRound(round, tasks, all) {
  const order = all.filter((_, i) => i % rounds === round || (rounds > TASKS && Math.floor((i * rounds) / TASKS) === round));
  const names = Object.keys(interruptions);
  const chosen = [pick(names), ...(random(3) === 0 ? [pick(names.filter((name) => !/killed|still/.test(name)))] : [])];
  const happening = chosen.map((name) => {
    const i = random(SIDECARS);
    return interruptions[name](sidecars[i], i);
  });
  notes.push(`round ${round}: ${chosen.join(', and ')}`);
  await wait(random(300));
  if (round % Math.ceil(rounds / IMPORTS) === 0) await importOne(tasks);
  const running = pick(all);
  await query(`SELECT xlsx.emit(id, 'task-progress', '{"phase": "SAVING", "progress": ${random(100)}}') FROM xlsx.tasks WHERE id = ${running} AND status = 'PENDING'`);
  if (order.length > 0) await query(`SELECT xlsx.cancel(id) FROM xlsx.tasks WHERE id IN (${order}) AND status = 'PENDING'`);
  await Promise.all(happening);
}

// A tab heard of a task that is not its role's.
const foreign = (tasks) => followers.filter((follower) => follower instanceof LiveFollower).flatMap(({ name, role, tasks: heard }) =>
  [...heard.keys()].filter((task) => !tasks[role].includes(task)).map((task) => `${name}: task ${task} is not to be heard`));
const missing = () => followers.flatMap((follower) => follower.open().map((task) => `${follower.name}: no end of task ${task}`));
const wrong = () => followers.flatMap((follower) => follower.wrong);

async function torture() {
  await prepare();
  const tasks = await makeTasks();
  openFollowers(tasks);
  await openPages(tasks);
  const idle = roles.flatMap((role) => tasks[role]);
  const memory = () => Math.max(...sidecars.map(({ notifier }) => notifier.memory('RssAnon')));
  const atFirst = memory();
  let most = 0;
  for (let round = 0; round < rounds && wrong().length === 0; round++) {
    await oneRound(round, tasks, idle);
    most = Math.max(most, memory());
  }
  await query(`SELECT xlsx.cancel(id) FROM xlsx.tasks WHERE status = 'PENDING'`);
  for (const end = Date.now() + HEARD_MS; missing().length > 0 && Date.now() < end;) await wait(100);
  const problems = [...wrong(), ...missing(), ...foreign(tasks)];
  const ends = followers.filter((follower) => follower instanceof LiveFollower).flatMap((follower) => [...follower.tasks.values()]);
  console.log(`the tabs heard ${ends.filter((end) => end.ends > 0).length} of ${ends.length} ends as events`);
  if (most > atFirst + MEMORY_KB) problems.push(`memory rose from ${atFirst} kB to ${most} kB`);
  return problems;
}

console.log(`torture of the sidecar: ${rounds} interruptions, seed ${seed}`);
let problems;
try {
  problems = await torture();
} catch (error) {
  problems = [error.stack];
}
for (const follower of followers) follower.close();
for (const { notifier, proxy } of sidecars) {
  notifier?.child.kill('SIGKILL');
  proxy.close();
}
await browser?.close();
cluster.remove();
site.remove();
if (problems.length > 0) {
  console.log(notes.slice(-20).join('\n'));
  console.log(problems.slice(0, 20).join('\n'));
  console.log(`repeat it: make torture-notifier ROUNDS=${rounds} SEED=${seed}`);
}
console.log(`${problems.length === 0 ? rounds : 0} passed, ${problems.length} failed, 0 skipped`);
process.exit(problems.length === 0 ? 0 : 1);
