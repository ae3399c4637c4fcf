// The description of the interface in Swagger UI: it works under its Content-Security-Policy, contacts no other origin, and requests can be tried.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Database } from '../process/support/cluster.js';
import { Notifier } from '../process/support/notifier.js';
import { root } from '../process/support/server.js';
import { launch, open, shoot } from './support/browser.js';

let db;
let server;
let browser;

before(async () => {
  db = await Database.create();
  server = await Notifier.start({ 'database-url': db.url, 'docs-root': join(root, 'build/notifier-docs') });
  browser = await launch();
});
after(async () => {
  await browser.close();
  await server.stop();
  await db.drop();
});

test('shows every route, and calls one', async () => {
  const page = await open(browser, `${server.url}/docs`);
  await page.locator('.opblock').first().waitFor();
  const doc = await page.evaluate(() => fetch('/openapi.json').then((response) => response.json()));
  const count = Object.values(doc.paths).flatMap((path) => Object.keys(path).filter((key) => /^(get|put|post|delete|options|head|patch)$/.test(key))).length;
  assert.equal(await page.locator('.opblock').count(), count);
  assert.equal((await page.locator('.info .title').textContent()).includes(doc.info.title), true);

  const list = page.locator('.opblock', { has: page.locator('.opblock-summary-path[data-path="/tasks"]') });
  await list.locator('.opblock-summary').click();
  await list.getByRole('button', { name: 'Try it out' }).click();
  await list.getByRole('button', { name: 'Execute' }).click();
  await list.locator('.live-responses-table .response-col_status').getByText('200').waitFor();
  assert.match(await list.locator('.live-responses-table .highlight-code').first().textContent(), /"total": 0/);
  await shoot(page, 'docs');

  const events = await page.evaluate(() => fetch('/asyncapi.json').then((response) => response.json()));
  for (const { name } of Object.values(events.components.messages)) await page.locator('#events li', { hasText: `${name}:` }).first().waitFor();
  assert.equal(await page.locator('#events details').count(), Object.keys(events.components.schemas).length);
  assert.deepEqual(page.faults, []);
  await page.context().close();
});
