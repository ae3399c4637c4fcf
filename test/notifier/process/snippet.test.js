// The snippets of the documentation, as they stand there: they survive outages and tokens.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { io } from 'socket.io-client';
import { atEnd } from './support/cleanup.js';
import { Inbox } from './support/inbox.js';
import { Notifier } from './support/notifier.js';
import { Proxy } from './support/proxy.js';
import { root } from './support/server.js';
import { ANN, Tenants } from './support/tenants.js';
import { now, SECRET, token } from './support/token.js';

let tenants;
let db;
let proxy;

before(async () => {
  tenants = await Tenants.create();
  ({ db } = tenants);
  proxy = await Proxy.start(db.env);
});
after(async () => {
  proxy.close();
  await tenants.remove();
});

// Runs the blocks of JavaScript of a file that speak of a socket; resolves to what they print.
function run(file, { url, task, fetch }) {
  const blocks = [...readFileSync(join(root, file), 'utf8').matchAll(/```js\n(.*?)```/gs)].map(([, code]) => code)
    .filter((code) => code.includes('const socket = io(')).slice(0, 1);
  assert.equal(blocks.length, 1, `${file} has a snippet`);
  const code = blocks[0].replaceAll('http://127.0.0.1:8080', url).replaceAll('taskId: 1 ', `taskId: ${task} `);
  const printed = new Inbox();
  const console = { log: (...values) => printed.put(values), error: (...values) => printed.put(values) };
  const connect = (address, options) => {
    const socket = io(address, { forceNew: true, reconnectionDelay: 50, reconnectionDelayMax: 200, ...options });
    // A snippet's handlers and timers may connect again.
    atEnd(() => { socket.off(); socket.io.reconnection(false); socket.close(); });
    socket.onAny((event, data) => printed.put(['heard', event, data]));
    return socket;
  };
  new Function('io', 'console', 'fetch', code)(connect, console, fetch);
  return printed;
}

async function until(printed, condition) {
  for (;;) {
    const values = await printed.next();
    if (condition(values)) return values;
  }
}

const idle = async () => Number(await db.query(`SET ROLE ${ANN}; SELECT xlsx.submit('people', '\\x504b0304'::bytea, 'idle.xlsx', run_at => now() + '1 day')`));

for (const file of ['README.md', 'docs/frontends.md']) {
  test(`the snippet of ${file} hears the end after each kind of outage`, { timeout: 60000 }, async () => {
    const settings = { 'database-url': proxy.through(db.url) };
    let server = await Notifier.start(settings);
    const task = await idle();
    const printed = run(file, { url: server.url, task });
    await until(printed, ([, event]) => event === 'task-progress');
    const { port } = server;
    await server.stop('SIGKILL');
    server = await Notifier.start({ ...settings, port });
    await until(printed, ([, event]) => event === 'task-progress');
    await proxy.refuse();
    proxy.reset();
    await server.logged(/not listening to the database/);
    await server.stop('SIGKILL');
    server = await Notifier.start({ ...settings, port });
    await db.query(`SELECT xlsx.cancel(${task})`);
    await proxy.accept();
    assert.deepEqual(await until(printed, ([text]) => text !== 'heard' && /cancelled/.test(text)), ['Task was cancelled']);
    await server.stop();
  });
}

test('the snippet of docs/notifier.md survives its tokens', { timeout: 60000 }, async () => {
  const server = await Notifier.start({ 'database-url': tenants.url, 'jwt-secret': SECRET });
  const task = await idle();
  let given = 0;
  // The first tokens are short: one is renewed on the open connection, the second comes too late.
  const fetch = async () => ({ text: async () => token({ role: ANN, exp: now() + (++given < 3 ? 4 : 600) }) });
  const printed = run('docs/notifier.md', { url: server.url, task, fetch });
  await until(printed, ([, event]) => event === 'token-expiring');
  while (given < 3) await new Promise((resolve) => setTimeout(resolve, 50));
  await new Promise((resolve) => setTimeout(resolve, 5000));    // past the end of the short ones
  await db.query(`SELECT xlsx.cancel(${task})`);
  await until(printed, ([, event]) => event === 'task-failed');
  await server.stop();
});
