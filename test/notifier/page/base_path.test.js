// The page behind a path of a proxy, which removes it or keeps it: its parts, REST, both kinds of upload, live events, and /docs.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Database } from '../process/support/cluster.js';
import { Notifier } from '../process/support/notifier.js';
import { missing, NGINX, plainNginx } from '../process/support/program.js';
import { root } from '../process/support/server.js';
import { people, workbook, workbookEntries, zip } from '../process/support/workbook.js';
import { file, launch, open, webRoot } from './support/browser.js';

let folder;
let db;
let plain;
let placed;
let nginx;
let browser;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'pg_xlsx_page.'));
  db = await Database.create();
  const settings = { 'database-url': db.url, 'web-root': webRoot, 'docs-root': join(root, 'build/notifier-docs') };
  plain = await Notifier.start(settings);
  placed = await Notifier.start({ ...settings, 'base-path': '/kept' });
  browser = await launch();
  if (missing(NGINX)) return;
  nginx = await plainNginx(join(folder, 'nginx'), `
    location /app/ { proxy_pass ${plain.url}/; }
    location /kept/ { proxy_pass ${placed.url}; }`);
});
after(async () => {
  await browser.close();
  await nginx?.stop();
  await plain.stop();
  await placed.stop();
  await db.drop();
  rmSync(folder, { recursive: true });
});

const large = (count) => zip({ ...workbookEntries([...people(count)]), 'xl/media/noise.bin': Buffer.alloc(9e6, 1) }, { stored: true });

// Other rows each time, since the page asks before it sends a file again.
for (const [how, path, count] of [['removes', '/app/', 300], ['keeps', '/kept/', 301]]) {
  describe(`a proxy that ${how} its path`, { skip: missing(NGINX) }, () => {
    test('the page imports a small and a large file, and shows their ends as they come', async () => {
      const page = await open(browser, nginx.url + path);
      const asked = [];
      page.on('request', (request) => asked.push(new URL(request.url()).pathname));
      page.on('websocket', (socket) => asked.push(new URL(socket.url()).pathname));
      for (const [name, bytes] of [[`small ${how}.xlsx`, workbook(people(count))], [`large ${how}.xlsx`, large(count)]]) {
        await page.locator('input[type=file]').setInputFiles([file(name, bytes)]);
        await page.getByRole('button', { name: 'Import', exact: true }).click();
        await page.locator('[data-status=COMPLETED]', { hasText: name }).waitFor();
      }
      assert.ok(asked.some((one) => one === `${path}files/`), 'the large one by tus');
      assert.ok(asked.some((one) => one.startsWith(`${path}socket.io/`)), 'events by Socket.IO');
      assert.deepEqual(asked.filter((one) => !one.startsWith(path)), []);
      assert.deepEqual(page.faults, []);
      await page.context().close();
    });

    test('/docs shows the interface, and calls it', async () => {
      const page = await open(browser, `${nginx.url}${path}docs/`);
      const list = page.locator('.opblock', { has: page.locator('.opblock-summary-path[data-path="/tasks"]') });
      await list.locator('.opblock-summary').click();
      await list.getByRole('button', { name: 'Try it out' }).click();
      await list.getByRole('button', { name: 'Execute' }).click();
      await list.locator('.live-responses-table .response-col_status').getByText('200').waitFor();
      assert.deepEqual(page.faults, []);
      await page.context().close();
    });
  });
}
