// Large files: uploads that go on where they were cut off, and a page that stays responsive.
// PAGE_ROWS=1000000 makes the workbook as large as the documentation promises.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { root } from '../process/support/server.js';
import { people, workbookEntries, zip } from '../process/support/workbook.js';
import { shoot } from './support/browser.js';
import { setting } from './support/desk.js';

const ROWS = Number(process.env.PAGE_ROWS ?? 100000);
const LONGEST_TASK_MS = 200; // of the processor: what else the machine does is not the page's
const RESUMABLE_FROM = 8e6;

const folder = mkdtempSync(join(tmpdir(), 'pg_xlsx_page.'));
after(() => rmSync(folder, { recursive: true }));
const desk = setting();
let page;

// The processor time in ms of the longest task of any renderer's main thread.
function longestTask(trace) {
  const { traceEvents } = JSON.parse(trace);
  const mains = new Set(traceEvents.filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain').map(({ pid, tid }) => `${pid} ${tid}`));
  const tasks = traceEvents.filter(({ name, pid, tid }) => name === 'RunTask' && mains.has(`${pid} ${tid}`));
  assert.ok(tasks.length > 100, `${tasks.length} tasks traced`);
  return tasks.reduce((longest, { tdur = 0 }) => Math.max(longest, tdur / 1000), 0);
}

test(`the page answers all the time while ${ROWS} rows are imported`, async (t) => {
  const path = join(folder, 'large.xlsx');
  execFileSync(join(root, 'build/makebook'), ['-r', String(ROWS), '-e', '1', path]);
  page = await desk.open();
  await page.getByText('No imports yet').waitFor();
  await desk.browser.startTracing(page, { categories: ['disabled-by-default-devtools.timeline'] });
  await page.locator('input[type=file]').setInputFiles(path);
  await page.getByRole('button', { name: 'Import', exact: true }).click();
  await page.locator('[data-status=HAS_ERRORS]').waitFor({ timeout: 240000 });
  await page.getByRole('button', { name: 'Show errors' }).click();
  await page.getByRole('region', { name: /wrong cells are marked/ }).waitFor();
  const longest = longestTask(await desk.browser.stopTracing());
  t.diagnostic(`${ROWS} rows, longest task ${Math.round(longest)} ms`);
  assert.ok(longest <= LONGEST_TASK_MS, `a task took ${longest} ms`);
});

test('an upload that is cut off goes on where it was', async () => {
  const path = join(folder, 'resumed.xlsx');
  writeFileSync(path, zip(workbookEntries(people(110000)), { stored: true }));
  assert.ok(statSync(path).size > RESUMABLE_FROM);
  page = await desk.open({ expected: [/Failed to load resource/] });
  const network = await page.context().newCDPSession(page);
  await network.send('Network.enable');
  await network.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 4e6 });
  await page.locator('input[type=file]').setInputFiles(path);
  await page.getByRole('button', { name: 'Import', exact: true }).click();
  const bar = page.getByRole('progressbar', { name: 'Upload of resumed.xlsx' });
  await page.waitForFunction(() => Number(document.querySelector('.sending [role=progressbar]')?.getAttribute('aria-valuenow')) >= 30);
  await shoot(page, 'uploading');
  await desk.server.stop('SIGKILL');
  await page.getByText('The upload goes on where it stopped…').waitFor();
  const requests = [];
  page.on('request', (request) => requests.push(`${request.method()} ${new URL(request.url()).pathname.replace(/[^/]+$/, '')}`));
  await desk.serve({ port: desk.server.port });
  await bar.waitFor({ state: 'detached', timeout: 60000 });
  await page.locator('[data-status=COMPLETED]').filter({ hasText: 'resumed.xlsx' }).waitFor();
  // It asked how much was there, and sent the rest.
  assert.ok(requests.includes('HEAD /files/') && requests.includes('PATCH /files/'), requests.join(', '));
  assert.ok(!requests.includes('POST /files/') && !requests.includes('POST /upload-xlsx/upload'), requests.join(', '));
  assert.equal(await desk.db.query(`SELECT total_rows FROM xlsx.tasks WHERE file_name = 'resumed.xlsx'`), '110000');
});
