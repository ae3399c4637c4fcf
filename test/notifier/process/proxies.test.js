// Real programs before and behind the sidecar: the examples of docs/ under nginx and Caddy, several sidecars
// behind one balancer, PgBouncer before the database.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { io } from 'socket.io-client';
import { api, BASE, form, metric, upload } from './support/api.js';
import { atEnd } from './support/cleanup.js';
import { Database } from './support/cluster.js';
import { request } from './support/engine.js';
import { Inbox } from './support/inbox.js';
import { Notifier } from './support/notifier.js';
import { freePort, missing, NGINX, serve } from './support/program.js';
import { root } from './support/server.js';
import { EventStream } from './support/stream.js';
import { ANN, BOB, Tenants } from './support/tenants.js';
import { certificate, secure } from './support/tls.js';
import { bearer, SECRET } from './support/token.js';
import { people, workbook } from './support/workbook.js';

const CADDY = '/usr/bin/caddy';
const PGBOUNCER = '/usr/sbin/pgbouncer';

let db;
let folder;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'pg_xlsx_proxies.'));
  db = await Database.create();
});
after(async () => {
  await db.drop();
  rmSync(folder, { recursive: true });
});

// The example of docs/, for these sidecars; balance: change to the text.
async function nginx(ports, { balance = (text) => text } = {}) {
  const port = await freePort();
  const url = `https://127.0.0.1:${port}`;
  const place = join(folder, `nginx_${port}`);
  const { cert, key } = certificate(folder, 'nginx');
  const example = balance(readFileSync(join(root, 'docs/nginx.conf'), 'utf8'))
    .replace('server 127.0.0.1:8080;', ports.map((one) => `server 127.0.0.1:${one};`).join(' '))
    .replace('listen 443', `listen 127.0.0.1:${port}`).replace('/etc/ssl/import.pem', cert).replace('/etc/ssl/import.key', key);
  mkdirSync(place);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${place}/${name};`).join(' ');
  writeFileSync(join(place, 'nginx.conf'), `daemon off; master_process off; pid ${place}/pid; error_log stderr; events {} http { access_log off; ${temporary}\n${example}\n}`);
  const program = await serve(NGINX, ['-c', join(place, 'nginx.conf'), '-p', place], () => secure(`${url}/healthz`), folder);
  return { url, ...program };
}

async function caddy([upstream]) {
  const port = await freePort();
  const url = `https://127.0.0.1:${port}`;
  const { cert, key } = certificate(folder, 'caddy');
  const example = readFileSync(join(root, 'docs/Caddyfile'), 'utf8')
    .replace('import.example.org {', `https://127.0.0.1:${port} {\n\tbind 127.0.0.1\n\ttls ${cert} ${key}`).replace('127.0.0.1:8080', `127.0.0.1:${upstream}`);
  writeFileSync(join(folder, 'Caddyfile'), `{\n\tadmin off\n\tauto_https disable_redirects\n}\n${example}`);
  const program = await serve(CADDY, ['run', '--adapter', 'caddyfile', '--config', join(folder, 'Caddyfile')], () => secure(`${url}/`), folder);
  return { url, ...program };
}

function connect(url, options = {}) {
  const socket = io(`${url}/upload-xlsx`, { rejectUnauthorized: false, forceNew: true, reconnectionDelay: 50, reconnectionDelayMax: 100, ...options });
  atEnd(() => socket.close());
  socket.events = new Inbox();
  socket.onAny((name, data) => socket.events.put([name, data]));
  return socket;
}

async function joined(socket, task) {
  if (!socket.connected) await once(socket, 'connect');
  socket.emit('join-task', { taskId: task });
  await socket.events.take(2);
}

for (const [name, program, start] of [['nginx', NGINX, nginx], ['Caddy', CADDY, caddy]]) {
  describe(`${name} in front`, { skip: missing(program) }, () => {
    let server;
    let proxy;
    before(async () => {
      server = await Notifier.start({ 'database-url': db.url });
      proxy = await start([server.port]);
    });
    after(async () => {
      await proxy.stop();
      await server.stop();
    });

    test('the page may call by the name that the proxy has, where the sidecar knows it, and no other page may', async () => {
      const named = await Notifier.start({ 'database-url': db.url, host: 'import.example.org' });
      const front = await start([named.port]);
      const status = async (headers) => (await secure(`${front.url}${BASE}/tasks`, { headers })).status;
      const host = `import.example.org${name === 'nginx' ? '' : `:${new URL(front.url).port}`}`;
      if (name === 'nginx') {
        assert.equal(await status({ host, origin: `https://${host}` }), 200);
        assert.equal(await status({ host, origin: 'https://evil.example' }), 403);
        assert.equal(await status({ host: 'evil.example' }), 403);
      }
      const origin = front.url;
      assert.equal(await status({ origin }), 200);
      assert.equal(await status({ origin: 'null' }), 403);
      await front.stop();
      await named.stop();
    });

    test('REST, uploads, downloads', async () => {
      const { headers, body } = form([['file', workbook(people(3)), 'people.xlsx']]);
      const { status, headers: answer } = await secure(`${proxy.url}${BASE}/upload`, { method: 'POST', headers, body });
      assert.equal(status, 201);
      assert.ok(server.log.includes(`id=${answer['x-request-id']} `), 'the request has the id that the proxy gave it');
      assert.equal((await secure(`${proxy.url}${BASE}/profiles/people/template`)).status, 200);
    });

    for (const transports of [['polling'], ['websocket'], ['polling', 'websocket']]) {
      test(`Socket.IO by ${transports.join(', then ')}`, async () => {
        const socket = connect(proxy.url, { transports });
        const task = await db.idleTask();
        await joined(socket, task);
        await db.emit(task, 'task-progress', { phase: 'SAVING' });
        assert.equal((await socket.events.next())[1].phase, 'SAVING');
        socket.close();
      });
    }

    test('events as a stream, as they happen', async () => {
      const task = await db.idleTask();
      process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
      const stream = await EventStream.open(`${proxy.url}${BASE}/tasks/${task}/events`, { agent: undefined });
      delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
      await stream.next();
      await db.emit(task, 'task-progress', { phase: 'SAVING' });
      assert.equal((await stream.next()).data.phase, 'SAVING');
      await stream.drop();
    });
  });
}

describe('several sidecars behind one balancer', { skip: missing(NGINX) }, () => {
  let servers;
  before(async () => {
    servers = await Promise.all([1, 2].map(() => Notifier.start({ 'database-url': db.url })));
  });
  after(() => Promise.all(servers.map((server) => server.stop())));

  test('all deliver; when one goes its clients go on with the other, and miss no state', async () => {
    const balancer = await nginx(servers.map(({ port }) => port));
    const task = await db.idleTask();
    const sockets = [];
    // nginx takes turns
    while (sockets.length < 4 || !(await Promise.all(servers.map(({ url }) => metric(url, 'sockets')))).every((count) => count > 0)) {
      sockets.push(connect(balancer.url, { transports: ['websocket'] }));
      await joined(sockets.at(-1), task);
    }
    await db.emit(task, 'task-progress', { phase: 'SAVING', progress: 1 });
    const heard = await Promise.all(sockets.map((socket) => socket.events.next()));
    heard.forEach((event) => assert.deepEqual(event, heard[0]));

    const [gone] = servers;
    const lost = await metric(gone.url, 'sockets');
    const back = sockets.map((socket) => {
      socket.on('connect', () => socket.emit('join-task', { taskId: task }));
      return socket;
    });
    await gone.stop();
    await db.emit(task, 'task-progress', { phase: 'SAVING', progress: 2 });
    for (const socket of back) {
      let event;
      do event = await socket.events.next(); while (!(event[0] === 'task-progress' && event[1].seq > heard[0][1].seq));
    }
    assert.ok(lost > 0);
    for (const socket of sockets) socket.close();
    servers[0] = await Notifier.start({ 'database-url': db.url });
    await balancer.stop();
  });

  test('polling goes on where clients stay with one of them', async () => {
    const balancer = await nginx(servers.map(({ port }) => port), { balance: (text) => text.replace('# hash $remote_addr', 'hash $remote_addr') });
    const task = await db.idleTask();
    const socket = connect(balancer.url, { transports: ['polling'] });
    await joined(socket, task);
    for (let i = 0; i < 5; i++) {
      await db.emit(task, 'task-progress', { phase: 'SAVING', progress: i });
      assert.equal((await socket.events.next())[1].progress, i);
    }
    socket.close();
    await balancer.stop();
  });

  test('an upload begun at one is ended at the other', async () => {
    const file = workbook(people(3));
    const version = { 'tus-resumable': '1.0.0' };
    const { headers: { location } } = await request(`${servers[0].url}/files/`, { method: 'POST', headers: { ...version, 'content-length': 0, 'upload-length': file.length } });
    const patch = (server, from, to) => request(`${server.url}/files/${location}`, {
      method: 'PATCH', body: file.subarray(from, to),
      headers: { ...version, 'content-type': 'application/offset+octet-stream', 'upload-offset': from, 'content-length': to - from },
    });
    assert.equal((await patch(servers[0], 0, 100)).status, 204);
    const { headers } = await patch(servers[1], 100, file.length);
    assert.equal(await db.query(`SELECT xlsx.wait(${headers['task-id']})`), 'COMPLETED');
  });
});

describe('PgBouncer on the way to the database', { skip: missing(PGBOUNCER) }, () => {
  let bouncer;
  let tenants;
  let through;

  before(async () => {
    tenants = await Tenants.create();
    const port = await freePort();
    const { env, name } = tenants.db;
    const user = new URL(tenants.url).username;
    const place = join(folder, 'pgbouncer');
    mkdirSync(place);
    writeFileSync(join(place, 'users'), `"${user}" ""\n"${env.PGUSER}" ""\n`);
    writeFileSync(join(place, 'pgbouncer.ini'), `[databases]\n${name} = host=${env.PGHOST} port=${env.PGPORT}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = ${port}\n`
      + `auth_type = trust\nauth_file = ${place}/users\npool_mode = transaction\ndefault_pool_size = 3\nunix_socket_dir =\nlogfile =\npidfile = ${place}/pid\n`);
    // it will not be root
    const [uid, gid] = ['-u', '-g'].map((option) => Number(execFileSync('id', [option, userInfo().uid === 0 ? 'postgres' : userInfo().username], { encoding: 'utf8' })));
    for (const path of [folder, place, join(place, 'users'), join(place, 'pgbouncer.ini')]) if (userInfo().uid === 0) chownSync(path, uid, gid);
    through = `postgresql://${user}@127.0.0.1:${port}/${name}`;
    bouncer = await serve(PGBOUNCER, [...userInfo().uid === 0 ? ['-u', 'postgres'] : [], join(place, 'pgbouncer.ini')], () => new Promise((resolve, reject) => {
      const socket = net.connect(port, '127.0.0.1', () => resolve(socket.destroy()));
      socket.on('error', reject);
    }), folder);
  });
  after(async () => {
    await bouncer.stop();
    await tenants.remove();
  });

  test('requests and uploads go through it, events come by the second way', async () => {
    const server = await Notifier.start({ 'database-url': through, 'listen-database-url': tenants.url });
    while ((await request(`${server.url}/readyz`)).status !== 200);
    const { json } = await upload(server.url, workbook(people(2000)), 'people.xlsx', { runAt: '2100-01-01' });
    const socket = connect(server.url);
    await joined(socket, json.taskId);
    await tenants.db.query(`SELECT xlsx.cancel(${json.taskId})`);
    assert.equal((await socket.events.next())[0], 'task-failed');
    // far more at once than it has connections
    const answers = await Promise.all(Array.from({ length: 100 }, () => api(server.url, '/tasks?limit=1')));
    assert.ok(answers.every(({ status }) => status === 200));
    socket.close();
    await server.stop();
  });

  test('roles of tokens end with their transaction', async () => {
    const server = await Notifier.start({ 'database-url': through, 'listen-database-url': tenants.url, 'jwt-secret': SECRET });
    const { headers, body } = form([['file', workbook(people(3)), 'people.xlsx']]);
    const made = await request(`${server.url}${BASE}/upload`, { method: 'POST', headers: { ...headers, ...bearer(ANN), 'content-length': body.length }, body });
    assert.equal(made.status, 201, made.text);
    const { taskId } = JSON.parse(made.text);
    const answers = await Promise.all(Array.from({ length: 60 }, (_, i) => request(`${server.url}${BASE}/tasks/${taskId}`, { headers: bearer(i % 2 ? ANN : BOB) })));
    answers.forEach(({ status }, i) => assert.equal(status, i % 2 ? 200 : 404));
    await server.stop();
  });
});
