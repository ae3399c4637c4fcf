// The process: settings, start, stop, and hostile clients.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { api, becomes, metric } from './support/api.js';
import { Database } from './support/cluster.js';
import { Polling, raw, request, Socket } from './support/engine.js';
import { Notifier } from './support/notifier.js';
import { root } from './support/server.js';

const binary = process.env.PGXLSX_NOTIFIER ?? join(root, 'build/pg_xlsx_notifier');
const run = (args, env = {}) => spawnSync(binary, args, { encoding: 'utf8', env: { PATH: process.env.PATH, ...env } });

let db;

before(async () => { db = await Database.create(); });
after(() => db.drop());

describe('settings', () => {
  test('--help explains every one', () => {
    const { status, stdout } = run(['--help']);
    assert.equal(status, 0);
    for (const name of ['database-url', 'listen-database-url', 'listen', 'port', 'web-root', 'cors-origin', 'host', 'allow-superuser', 'path', 'namespace', 'ping-interval',
      'ping-timeout', 'connect-timeout', 'upgrade-timeout', 'max-payload', 'max-upload-size', 'max-uploads', 'config']) {
      assert.match(stdout, new RegExp(`^  --${name}( \\(.*\\))?\\n      \\S`, 'm'));
    }
    for (const line of stdout.split('\n')) assert.ok(line.length <= 110, line);
  });

  test('--version is the extension\'s', () => {
    const control = execFileSync('sed', ['-n', "s/^default_version *= *'\\(.*\\)'/\\1/p", join(root, 'extension/pg_xlsx.control')], { encoding: 'utf8' }).trim();
    assert.equal(run(['--version']).stdout, `pg_xlsx_notifier ${control}\n`);
  });

  const wrong = [
    [['--nothing=1'], /unknown setting "--nothing=1"/],
    [['port'], /unknown setting "port"/],
    [['--port'], /--port needs a value/],
    [['--port=x'], /invalid value for port: "x"/],
    [['--port=65536'], /invalid value for port/],
    [['--port=80x'], /invalid value for port/],
    [['--ping-interval=5 weeks'], /invalid value for ping-interval/],
    [['--max-payload=-1'], /invalid value for max-payload/],
    [['--max-upload-size=99999999999GB'], /invalid value for max-upload-size/],
    [['--log-level=loud'], /invalid value for log-level/],
    [['--namespace=tasks'], /must start with a slash/],
    [['--config=/nowhere/file'], /could not open \/nowhere\/file/],
  ];
  for (const [args, message] of wrong) {
    test(`${args.join(' ')} is refused`, () => {
      const { status, stderr } = run(args);
      assert.equal(status, 2);
      assert.match(stderr, message);
    });
  }

  test('the command line wins over the environment, that over the file, that over the default', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'pg_xlsx_conf.'));
    const file = join(folder, 'notifier.conf');
    writeFileSync(file, '# settings\n\nping_interval = 11s\nping-timeout=12 s\n  max-payload = 2MB  \nnamespace = /of-file\n');
    const server = await Notifier.start({ config: file, 'ping-interval': '31s' }, { env: { DATABASE_URL: db.url, PGXLSX_PING_INTERVAL: '21s', PGXLSX_PING_TIMEOUT: '22s' } });
    const { open } = await Polling.open(server.url);
    assert.deepEqual([open.pingInterval, open.pingTimeout, open.maxPayload], [31000, 22000, 2097152]);
    assert.equal((await api(server.url, '/tasks')).status, 200);
    await server.stop();

    for (const [text, message] of [['ping-interval\n', /line 1: "name = value" expected/], ['\nunknown = 1\n', /line 2: unknown setting "unknown"/],
      ['port = x\n', /invalid value for port: "x"/]]) {
      writeFileSync(file, text);
      const { status, stderr } = run(['--config', file]);
      assert.equal(status, 2);
      assert.match(stderr, message);
    }
    rmSync(folder, { recursive: true });
  });

  test('the defaults are those of the official server', async () => {
    const server = await Notifier.start({}, { env: { DATABASE_URL: db.url } });
    const { open } = await Polling.open(server.url);
    assert.deepEqual([open.pingInterval, open.pingTimeout, open.maxPayload], [25000, 20000, 1000000]);
    assert.match(server.url, /^http:\/\/127\.0\.0\.1:/);
    await server.stop();
  });

  test('LISTEN may have a way of its own', async () => {
    const server = await Notifier.start({ 'database-url': db.url, 'listen-database-url': 'postgresql://127.0.0.1:1/none' });
    assert.equal((await api(server.url, '/tasks')).status, 200);
    const ready = JSON.parse((await request(`${server.url}/readyz`)).text);
    assert.deepEqual([ready.database, ready.listening], [true, false]);
    await server.stop();
  });

  test('a port that is taken is an error', async () => {
    const server = await Notifier.start({ 'database-url': db.url });
    const { status, stderr } = run([`--port=${server.port}`, `--database-url=${db.url}`, '--allow-superuser=on']);
    assert.equal(status, 1);
    assert.match(stderr, /could not listen on 127\.0\.0\.1 port/);
    await server.stop();
  });

  test('a password is never in the log', async () => {
    const server = await Notifier.start({ 'database-url': 'postgresql://somebody:topsecret@127.0.0.1:1/none', 'log-level': 'debug' });
    await server.logged(/not listening/);
    await api(server.url, '/tasks');
    await server.stop();
    assert.doesNotMatch(server.log, /topsecret/);
  });
});

describe('stop', () => {
  test('on SIGTERM clients are told, and it ends well', async () => {
    const server = await Notifier.start({ 'database-url': db.url });
    const socket = await Socket.open(server.url);
    const polling = await Polling.open(server.url);
    const held = polling.hold();
    await held.sent;
    await polling.post('40');
    await held.response;
    const again = polling.hold();
    await again.sent;
    const end = server.stop();
    assert.equal(await socket.closed, 1000);
    assert.deepEqual(await again.response, { status: 200, text: '1' });
    assert.deepEqual(await end, { code: 0, signal: null });
  });

  test('a request in flight is finished first', async () => {
    const server = await Notifier.start({ 'database-url': db.url });
    const session = db.session();
    await session.run('BEGIN; LOCK TABLE xlsx_private.profile IN ACCESS EXCLUSIVE MODE');
    const answer = api(server.url, '/profiles');
    while (await db.query("SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'xlsx_private.profile'::regclass") === '0');
    const end = server.stop();
    await server.logged(/stopping/);
    assert.equal((await request(`${server.url}/readyz`)).status, 503);
    await session.run('ROLLBACK');
    await session.close();
    assert.equal((await answer).status, 200);
    assert.deepEqual(await end, { code: 0, signal: null });
  });

  test('one that takes too long is not', async () => {
    const server = await Notifier.start({ 'database-url': db.url, 'stop-timeout': '100ms' });
    const session = db.session();
    await session.run('BEGIN; LOCK TABLE xlsx_private.profile IN ACCESS EXCLUSIVE MODE');
    const answer = api(server.url, '/profiles').catch((error) => error.code);
    while (await db.query("SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'xlsx_private.profile'::regclass") === '0');
    assert.deepEqual(await server.stop(), { code: 0, signal: null });
    assert.equal(await answer, 'ECONNRESET');
    await session.run('ROLLBACK');
    await session.close();
  });
});

describe('clients that mean harm', () => {
  let server;
  before(async () => { server = await Notifier.start({ 'database-url': db.url, 'ping-interval': '1h' }); });
  after(() => server.stop());

  const isWell = async () => assert.equal((await api(server.url, '/tasks')).status, 200);

  const heads = {
    'nothing of HTTP': 'hello\r\n\r\n',
    'no path': 'GET\r\n\r\n',
    'no slash': 'GET x HTTP/1.1\r\nHost: localhost\r\n\r\n',
    'bytes': Buffer.from([0, 1, 2, 3, 255, 254, 13, 10, 13, 10]),
    'a head without end': `GET / HTTP/1.1\r\nX: ${'x'.repeat(100000)}`,
    'a thousand headers': `GET / HTTP/1.1\r\n${'a: b\r\n'.repeat(10000)}\r\n`,
    'a thousand parameters': `GET /socket.io/?${'a=b&'.repeat(2000)} HTTP/1.1\r\n\r\n`,
    'a broken escape': 'GET /%zz HTTP/1.1\r\nHost: localhost\r\n\r\n',
    'a path of dots': `GET ${'/..'.repeat(500)}/etc/passwd HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
    'a tunnel': 'CONNECT example.com:443 HTTP/1.1\r\nHost: localhost\r\n\r\n',
    'another protocol': 'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: tls/1.0\r\n\r\n',
    'a WebSocket without a key': 'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n',
    'a negative length': 'POST /upload-xlsx/upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n',
    'a length that is none': 'POST /upload-xlsx/upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\nConnection: close\r\n\r\n',
  };
  for (const [name, head] of Object.entries(heads)) {
    test(`${name} is refused or cut off`, async () => {
      const answer = await new Promise((resolve) => {
        const socket = net.connect(server.port, '127.0.0.1', () => socket.end(head));
        let received = '';
        socket.on('data', (data) => { received += data; });
        socket.on('error', () => {});
        socket.on('close', () => resolve(received));
      });
      assert.doesNotMatch(answer, /^HTTP\/1\.1 (2\d\d|5\d\d)|root:/);
      await isWell();
    });
  }

  test('more clients than max-connections wait, and neither the log nor the processor is filled with them', async () => {
    const small = await Notifier.start({ 'database-url': db.url, 'max-connections': 40, 'log-level': 'debug' });
    const clients = await Promise.all(Array.from({ length: 200 }, () => new Promise((resolve) => { const socket = net.connect(small.port, '127.0.0.1', () => resolve(socket)); })));
    await small.logged(/max-connections is reached: further clients wait, connections=40/);
    const [lines, time] = [small.log.split('\n').length, small.processorTime()];
    await new Promise((resolve) => setTimeout(resolve, 2000)); // for as long as it would go on
    assert.ok(small.log.split('\n').length - lines < 10, small.log.slice(-2000));
    assert.ok(small.processorTime() - time < 300, `${small.processorTime() - time} ms`);
    const last = clients.pop();
    const answer = new Promise((resolve) => last.once('data', resolve));
    last.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
    for (const socket of clients) socket.destroy();
    assert.match((await answer).toString(), /^HTTP\/1\.1 200 OK/);
    last.destroy();
    assert.equal((await api(small.url, '/tasks')).status, 200);
    await small.stop();
  });

  test('hundreds of clients that say nothing keep nobody out', async () => {
    const silent = [];
    for (let i = 0; i < 500; i++) silent.push(await new Promise((resolve) => { const socket = net.connect(server.port, '127.0.0.1', () => resolve(socket)); }));
    await isWell();
    for (const socket of silent) socket.destroy();
    await becomes(server.url, 'connections', 1);
  });

  test('sessions that are opened and left end by themselves, and their memory is used again', async () => {
    const quick = await Notifier.start({ 'database-url': db.url, 'ping-interval': '50ms', 'ping-timeout': '50ms' });
    const round = async () => {
      for (let i = 0; i < 300; i++) await request(`${quick.url}/socket.io/?EIO=4&transport=polling`);
      await becomes(quick.url, 'sessions', 0);
    };
    await round();
    const before = quick.memory('RssAnon');
    for (let i = 0; i < 5; i++) await round();
    assert.ok(quick.memory('RssAnon') - before < 512, `${quick.memory('RssAnon') - before} kB`);
    assert.equal(await metric(quick.url, 'sessions_total'), 1800);
    await quick.stop();
  });

  test('thousands of joins by one client end in answers', async () => {
    const socket = await Socket.open(server.url);
    socket.send('40/upload-xlsx,');
    await socket.next();
    const before = server.memory('RssAnon');
    for (let i = 1; i <= 5000; i++) socket.send(`42/upload-xlsx,["join-task",{"taskId":${900000 + i}}]`);
    for (let i = 1; i <= 5000; i++) assert.match(await socket.next(), /"exception"/);
    assert.equal(await metric(server.url, 'rooms'), 0);
    assert.ok(server.memory('RssAnon') - before < 4096);
    socket.close();
    await isWell();
  });

  test('ten thousand connects leave no descriptor and no memory behind', async () => {
    const connect = async (count) => {
      for (let i = 0; i < count; i += 50) {
        await Promise.all(Array.from({ length: 50 }, (_, j) => (j % 2 ? request(`${server.url}/healthz`, { agent: new http.Agent() }) : raw(server.port, 'GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n'))));
      }
    };
    await connect(500);
    const before = [server.memory('RssAnon'), server.openFiles()];
    await connect(10000);
    await becomes(server.url, 'connections', 1);
    assert.ok(server.memory('RssAnon') - before[0] < 512, `${server.memory('RssAnon') - before[0]} kB`);
    assert.ok(server.openFiles() <= before[1] + 1);
  });
});

test('at rest it takes less than 15 MB', async () => {
  const server = await Notifier.start({ 'database-url': db.url });
  while ((await request(`${server.url}/readyz`)).status !== 200);
  assert.ok(server.memory() < 15000, `${server.memory()} kB`);
  await server.stop();
});
