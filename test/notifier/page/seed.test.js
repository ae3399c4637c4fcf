// Layers 2 to 7 of the seed's frontend: when the page reads the list, which events replace reading, and what it offers at the end.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { api, becomes, upload } from '../process/support/api.js';
import { people, workbook } from '../process/support/workbook.js';
import { setting } from './support/desk.js';

const LIST = /\/upload-xlsx\/tasks\?/;

const desk = setting({
  cleanUp: async ({ db, server }) => {
    await db.query('SELECT xlsx.resume(); SELECT count(xlsx.delete(id)) FROM xlsx.tasks');
    await becomes(server.url, 'rooms', 0);
  },
});
let page;

// The page, with a count of how often it has read the list.
async function openDesk(options = {}) {
  let reads = 0;
  page = await desk.open({
    ...options,
    prepare: async (one) => {
      one.on('request', (request) => { if (LIST.test(request.url())) reads += 1; });
      await options.prepare?.(one);
    },
  });
  return { reads: () => reads };
}

// What was asked for before this has been asked for.
const settle = () => page.evaluate(() => fetch('/healthz').then((answer) => answer.text()));
const focus = () => page.evaluate(() => window.dispatchEvent(new Event('visibilitychange')));
const shown = (id) => page.locator(`[data-task="${id}"]`);
const uploaded = async (rows) => (await upload(desk.server.url, workbook(rows))).json.taskId;

describe('layer 2', () => {
  test('S-131 the list is read with a sign that it loads', async () => {
    const id = await desk.db.idleTask();
    let release;
    const held = new Promise((resolve) => { release = resolve; });
    await openDesk({ prepare: (one) => one.route(LIST, async (route) => { await held; await route.continue(); }) });
    await page.getByText('Loading imports…').waitFor({ state: 'attached' });
    assert.equal(await page.locator('#imports').getAttribute('aria-busy'), 'true');
    assert.equal(await page.getByText('No imports yet').count(), 0, 'nothing is said before it is known');
    release();
    await shown(id).waitFor();
    assert.equal(await page.getByText('Loading imports…').count(), 0);
    assert.equal(await page.locator('#imports').getAttribute('aria-busy'), 'false');
  });

  test('S-132 S-137 without active tasks the list is read every 30 s and no socket is made', async () => {
    const { reads } = await openDesk({ prepare: (one) => one.clock.install() });
    await page.getByText('No imports yet').waitFor();
    const first = reads();
    await page.clock.fastForward(20_000);
    await settle();
    assert.equal(reads(), first, 'before its time');
    const again = page.waitForRequest(LIST);
    await page.clock.fastForward(10_500);
    await again;
    assert.equal(reads(), first + 1);
    await becomes(desk.server.url, 'sessions', 0);
  });

  test('S-137 what was read is fresh for 10 s', async () => {
    const { reads } = await openDesk({ prepare: (one) => one.clock.install() });
    await page.getByText('No imports yet').waitFor();
    const first = reads();
    await focus();
    await settle();
    assert.equal(reads(), first, 'fresh: coming back to the page reads nothing');
    await page.clock.fastForward(11_000);
    const again = page.waitForRequest(LIST);
    await focus();
    await again;
  });
});

describe('layers 3 and 4', () => {
  test('S-138 progress goes into the shown task without reading the list again', async () => {
    const id = await desk.db.idleTask();
    const { reads } = await openDesk();
    await page.getByText('Live').waitFor();
    const before = reads();
    for (const validatedRows of [250, 500, 750]) {
      await desk.db.emit(id, 'task-progress', { phase: 'VALIDATING', progress: validatedRows / 10, totalRows: 1000, validatedRows, errorRows: 0 });
      await shown(id).getByText(`Validating row ${validatedRows} of 1000... (${validatedRows / 10}%)`).waitFor();
    }
    assert.equal(reads(), before);
  });

  test('S-140 a task that comes later is joined, and the others stay joined', async () => {
    const first = await desk.db.idleTask();
    await openDesk({ prepare: (one) => one.clock.install() });
    await page.getByText('Live').waitFor();
    await becomes(desk.server.url, 'rooms', 1);
    const second = await desk.db.idleTask();
    await page.clock.fastForward(31_000);
    await becomes(desk.server.url, 'rooms', 2);
    for (const id of [first, second]) {
      await desk.db.emit(id, 'task-progress', { phase: 'SAVING', progress: 85, savedRows: 850 });
      await shown(id).getByText('Saving data... (85%)').waitFor();
    }
  });
});

describe('layers 5 and 7', () => {
  test('S-134 S-136 S-139 a task that ends has the list read, its room left, and its errors to download', async () => {
    await desk.db.query('SELECT xlsx.pause()');
    const id = await uploaded(people(10, (row) => (row === 5 ? 1 : undefined)));
    const { reads } = await openDesk();
    await page.getByText('Live').waitFor();
    await becomes(desk.server.url, 'rooms', 1);
    const before = reads();
    const again = page.waitForRequest(LIST);
    await desk.db.query('SELECT xlsx.resume()');
    await shown(id).and(page.locator('[data-status=HAS_ERRORS]')).waitFor();
    await again;
    assert.ok(reads() > before);
    await becomes(desk.server.url, 'rooms', 0);
    await becomes(desk.server.url, 'sessions', 0);
    await shown(id).getByRole('button', { name: /^Download errors/ }).waitFor();
    await shown(id).getByRole('button', { name: /^Delete/ }).waitFor();
    assert.equal(await shown(id).getByRole('button', { name: /^(Cancel|Retry)/ }).count(), 0);
  });

  test('S-134 S-136 S-139 a task that fails has the list read, and offers Retry with what was wrong', async () => {
    await desk.db.query('SELECT xlsx.pause()');
    const id = await uploaded([['Name', 'Sex', 'Id'], ['Ann', 'F', '1']]);
    await openDesk();
    await page.getByText('Live').waitFor();
    const again = page.waitForRequest(LIST);
    await desk.db.query('SELECT xlsx.resume()');
    await shown(id).and(page.locator('[data-status=FAILED]')).waitFor();
    await again;
    await shown(id).getByText('Invalid headers. Expected: Name, Gender, Bio-ID. Received: Name, Sex, Id').waitFor();
    await shown(id).getByRole('button', { name: /^Retry/ }).waitFor();
    await shown(id).getByRole('button', { name: /^Delete/ }).waitFor();
    assert.equal(await shown(id).getByRole('button', { name: /^Download/ }).count(), 0);
    await becomes(desk.server.url, 'rooms', 0);
  });

  test('S-136 a clean one has nothing to download', async () => {
    const id = await uploaded(people(3));
    await desk.db.query(`SELECT xlsx.wait(${id})`);
    await openDesk();
    await shown(id).and(page.locator('[data-status=COMPLETED]')).waitFor();
    assert.deepEqual(await shown(id).getByRole('button').allInnerTexts(), ['Undo', 'Delete']);
    assert.equal((await api(desk.server.url, `/get-validation-errors-by-task-id/${id}`)).status, 404);
  });
});
