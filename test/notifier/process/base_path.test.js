// Behind a path of a proxy, which removes it or keeps it: all addresses that the sidecar gives are relative.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { io } from 'socket.io-client';
import * as tus from 'tus-js-client';
import { form } from './support/api.js';
import { atEnd } from './support/cleanup.js';
import { Database } from './support/cluster.js';
import { request } from './support/engine.js';
import { Inbox } from './support/inbox.js';
import { Notifier } from './support/notifier.js';
import { missing, NGINX, plainNginx } from './support/program.js';
import { root } from './support/server.js';
import { EventStream } from './support/stream.js';
import { people, workbook } from './support/workbook.js';

let folder;
let db;
let plain;     // which knows nothing of a path
let placed;    // which has one
let nginx;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'pg_xlsx_base.'));
  mkdirSync(join(folder, 'web/assets'), { recursive: true });
  writeFileSync(join(folder, 'web/index.html'), '<script src="./assets/a-1234.js"></script>');
  writeFileSync(join(folder, 'web/assets/a-1234.js'), 'export {}');
  db = await Database.create();
  plain = await Notifier.start({ 'database-url': db.url, 'web-root': join(folder, 'web') });
  placed = await Notifier.start({ 'database-url': db.url, 'web-root': join(folder, 'web'), 'base-path': '/kept/deep' });
  if (missing(NGINX)) return;
  nginx = await plainNginx(join(folder, 'nginx'), `
    location /app/ { proxy_pass ${plain.url}/; }
    location /kept/deep/ { proxy_pass ${placed.url}; }
    location = /kept/deep { proxy_pass ${placed.url}; }`);
});
after(async () => {
  await nginx?.stop();
  await plain.stop();
  await placed.stop();
  await db.drop();
  rmSync(folder, { recursive: true });
});

for (const [how, path] of [['removes', '/app/'], ['keeps', '/kept/deep/']]) {
  describe(`a proxy that ${how} its path`, { skip: missing(NGINX) }, () => {
    const at = (rest) => nginx.url + path + rest;

    test('the page and its parts', async () => {
      const page = await request(at(''));
      assert.deepEqual([page.status, page.headers['content-type']], [200, 'text/html; charset=utf-8']);
      const part = new URL(page.text.match(/src="([^"]+)"/)[1], at(''));
      const answer = await request(part);
      assert.deepEqual([answer.status, answer.text, answer.headers['cache-control']], [200, 'export {}', 'public, max-age=31536000, immutable']);
    });

    test('REST, by both of its names', async () => {
      for (const base of ['upload-xlsx', 'applications/upload-large-xlsx']) {
        const { headers, body } = form([['file', workbook(people(3)), 'people.xlsx']]);
        const made = await request(at(`${base}/upload`), { method: 'POST', headers: { ...headers, 'content-length': body.length }, body });
        assert.equal(made.status, 201, made.text);
        assert.equal((await request(at(`${base}/tasks/${JSON.parse(made.text).taskId}`))).status, 200);
      }
      for (const rest of ['healthz', 'readyz', 'metrics', 'openapi.json']) assert.equal((await request(at(rest))).status, 200, rest);
    });

    for (const files of ['files/', 'files', 'upload-xlsx/files/']) {
      test(`tus at ${files}`, async () => {
        const file = workbook(people(3));
        const response = await new Promise((resolve, reject) => {
          new tus.Upload(file, {
            endpoint: at(files), chunkSize: 500, metadata: { filename: 'people.xlsx', profile: 'people' }, retryDelays: null,
            onSuccess: ({ lastResponse }) => resolve(lastResponse), onError: reject,
          }).start();
        });
        assert.equal(await db.query(`SELECT xlsx.wait(${response.getHeader('Task-Id')})`), 'COMPLETED');
      });
    }

    test('events as a stream', async () => {
      const task = await db.idleTask();
      const stream = await EventStream.open(at(`upload-xlsx/tasks/${task}/events`));
      await stream.next();
      await db.emit(task, 'task-progress', { phase: 'SAVING' });
      assert.equal((await stream.next()).data.phase, 'SAVING');
      await stream.drop();
    });

    for (const transports of [['polling'], ['websocket'], ['polling', 'websocket']]) {
      test(`Socket.IO by ${transports.join(', then ')}`, async () => {
        const task = await db.idleTask();
        const socket = io(`${nginx.url}/upload-xlsx`, { path: `${path}socket.io/`, transports, forceNew: true });
        atEnd(() => socket.close());
        const events = new Inbox();
        socket.onAny((name, data) => events.put([name, data]));
        await once(socket, 'connect');
        socket.emit('join-task', { taskId: task });
        await events.take(2);
        await db.emit(task, 'task-progress', { phase: 'SAVING' });
        assert.equal((await events.next())[1].phase, 'SAVING');
        socket.close();
      });
    }
  });
}

describe('base-path', () => {
  test('without its slash leads to itself, by a relative address', async () => {
    for (const url of [placed.url, ...missing(NGINX) ? [] : [nginx.url]]) {
      const { status, headers } = await request(`${url}/kept/deep`);
      assert.deepEqual([status, headers.location], [308, 'deep/']);
    }
  });

  test('what asks without it is answered as well: probes, and a proxy that removes it', async () => {
    assert.equal((await request(`${placed.url}/healthz`)).status, 200);
    assert.equal((await request(`${placed.url}/upload-xlsx/tasks`)).status, 200);
  });

  test('is a whole segment', async () => {
    assert.equal((await request(`${placed.url}/kept/deeper/healthz`)).status, 404);
    assert.equal((await request(`${placed.url}/kept/healthz`)).status, 404);
    assert.equal((await request(`${placed.url}/kept/deep/kept/deep/healthz`)).status, 404);
    assert.equal((await request(`${plain.url}/kept/deep/healthz`)).status, 404);
  });

  for (const value of ['app', '/a//b', '/a b', '/%61', '/a?b', '']) {
    test(`"${value}" is refused`, () => {
      const { status, stderr } = spawnSync(join(root, 'build/pg_xlsx_notifier'), [`--base-path=${value}`], { encoding: 'utf8' });
      assert.deepEqual([status, stderr], [2, `invalid value for base-path: "${value}" is not a path like /app/\n`]);
    });
  }
});
