// The page in a real browser: uploads, progress, ends, and the actions that are possible afterwards.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { HEADERS, people, readWorkbook, workbook } from '../process/support/workbook.js';
import { file, shoot } from './support/browser.js';
import { card, importFile, setting } from './support/desk.js';
import { AT_THE_GATE } from './support/slow_table.js';

const desk = setting({ slow: true });
let page;

const ended = (name, status) => card(page, name, status);
const choose = (...files) => page.locator('input[type=file]').setInputFiles(files);

describe('an import', () => {
  test('of a clean file ends with its counts', async () => {
    page = await desk.open();
    await importFile(page, 'clean.xlsx', people(30));
    const task = ended('clean.xlsx', 'COMPLETED');
    await task.waitFor();
    assert.match(await task.locator('dl').innerText(), /Rows\s+30\s+Saved\s+30\s+With errors\s+0\s+Took/);
    assert.equal(await task.getByRole('button', { name: /errors/i }).count(), 0);
    await shoot(page, 'completed');
  });

  test('of a file with errors shows them by column, and row by row with the cell marked', async () => {
    page = await desk.open();
    await importFile(page, 'bad.xlsx', people(60, (row) => (row % 20 === 0 ? (row / 20) % 3 : undefined)));
    const task = ended('bad.xlsx', 'HAS_ERRORS');
    await task.getByRole('button', { name: 'Show errors' }).click();
    const rows = task.getByRole('region', { name: /wrong cells are marked/ });
    await rows.waitFor();
    assert.deepEqual(await rows.locator('td.bad').allTextContents(), ['emptyB21', 'emptyC41', 'emptyA61']);
    assert.deepEqual(await rows.locator('td.problem').allInnerTexts(), ['Gender is required', 'Bio ID is required', 'Name is required']);
    await shoot(page, 'errors');
    await page.emulateMedia({ colorScheme: 'dark' });
    await shoot(page, 'errors-dark');
  });

  test('hands its errors out as a workbook', async () => {
    page = await desk.open();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      ended('bad.xlsx', 'HAS_ERRORS').getByRole('button', { name: 'Download errors' }).click(),
    ]);
    assert.match(download.suggestedFilename(), /^validation-errors-task-\d+\.xlsx$/);
    const { name, rows } = readWorkbook(readFileSync(await download.path()));
    assert.equal(name, 'Validation Errors');
    assert.deepEqual(rows[0], ['Row Number', ...HEADERS, 'Error Messages']);
    assert.equal(rows.length, 4);
  });

  test('moves both bars while it works', async () => {
    await desk.gate.close();
    page = await desk.open();
    await page.evaluate(() => {
      globalThis.seen = [];
      new MutationObserver(() => {
        for (const bar of document.querySelectorAll('[data-task] [role=progressbar]')) {
          globalThis.seen.push([bar.getAttribute('aria-label'), Number(bar.getAttribute('aria-valuenow'))]);
        }
      }).observe(document.body, { subtree: true, childList: true, attributes: true });
    });
    await importFile(page, 'slow.xlsx', people(6000));
    const task = ended('slow.xlsx', 'PROCESSING');
    await task.getByText(AT_THE_GATE).waitFor();
    assert.equal(await task.getByRole('progressbar', { name: 'Rows validated' }).getAttribute('aria-valuenow'), '100');
    assert.equal(await task.locator('[aria-current=step]').textContent(), 'Save (now)');
    await shoot(page, 'saving');
    await desk.gate.open();
    await ended('slow.xlsx', 'COMPLETED').waitFor();
    const seen = await page.evaluate(() => globalThis.seen);
    const saving = seen.filter(([name]) => name === 'Rows saved').map(([, value]) => value);
    assert.ok(new Set(saving).size >= 3, `the bar stood at ${[...new Set(saving)]}`);
    assert.deepEqual(saving, [...saving].sort((a, b) => a - b), 'the bar never goes back');
  });

  test('is cancelled in mid-run, and ends when it is retried', async () => {
    await desk.gate.close();
    page = await desk.open();
    await importFile(page, 'cancel.xlsx', people(6000));
    await ended('cancel.xlsx', 'PROCESSING').getByText(AT_THE_GATE).waitFor();
    await ended('cancel.xlsx', 'PROCESSING').getByRole('button', { name: 'Cancel' }).click();
    const dialog = page.getByRole('dialog', { name: 'Cancel the import of cancel.xlsx?' });
    await shoot(page, 'cancel');
    assert.equal(await dialog.getByRole('button').allInnerTexts().then((texts) => texts.join(', ')), 'Keep importing, Cancel the import');
    await dialog.getByRole('button', { name: 'Cancel the import' }).click();
    const cancelled = ended('cancel.xlsx', 'CANCELLED');
    await cancelled.getByText('Cancelled by you').waitFor();
    assert.equal(await cancelled.getByRole('alert').count(), 0, 'one’s own click is no trouble');
    await page.reload();
    await cancelled.getByText('Cancelled by you').waitFor();
    await shoot(page, 'cancelled');
    await desk.gate.open();
    await cancelled.getByRole('button', { name: 'Retry' }).click();
    await ended('cancel.xlsx', 'COMPLETED').waitFor();
    assert.match(await card(page, 'cancel.xlsx').locator('dl').innerText(), /Saved\s+6,000/);
    const id = await card(page, 'cancel.xlsx').getAttribute('data-task');
    assert.equal(await desk.db.query(`SELECT count(*) || ' ' || count(DISTINCT name) FROM people WHERE task_id = ${id}`), '6000 6000');
  });

  test('of a file with wrong headers says which, and can be retried and deleted', async () => {
    page = await desk.open();
    await importFile(page, 'headers.xlsx', [['Name', 'Sex', 'Id'], ['Ann', 'F', '1']]);
    const task = ended('headers.xlsx', 'FAILED');
    await task.getByText('Invalid headers. Expected: Name, Gender, Bio-ID. Received: Name, Sex, Id').waitFor();
    await shoot(page, 'failed');
    await task.getByRole('button', { name: 'Retry' }).click();
    await task.getByText('No. ').waitFor();
    await task.getByRole('button', { name: 'Delete' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Cancel', exact: true }).click();
    await dialog.waitFor({ state: 'detached' });
    await task.getByRole('button', { name: 'Delete' }).click();
    await dialog.getByRole('button', { name: 'Delete' }).click();
    await card(page, 'headers.xlsx').waitFor({ state: 'detached' });
    assert.equal(await desk.db.query(`SELECT count(*) FROM xlsx.tasks WHERE file_name = 'headers.xlsx'`), '0');
  });

  test('what is no workbook is refused, before and after it is sent', async () => {
    page = await desk.open({ expected: [/400/] });
    await choose(file('notes.txt', Buffer.from('notes')), file('broken.xlsx', Buffer.from('no zip')));
    await page.getByText('notes.txt is not an .xlsx workbook').waitFor();
    await page.getByRole('listitem', { name: 'broken.xlsx' }).getByRole('button', { name: 'Import', exact: true }).click();
    await page.getByRole('alert').filter({ hasText: 'The upload failed.' }).waitFor();
    await shoot(page, 'refused');
    await page.getByRole('button', { name: 'Remove broken.xlsx' }).click();
    assert.equal(await page.getByRole('list', { name: 'Files to import' }).count(), 0);
  });
});

describe('several files', () => {
  test('are imported with one click', async () => {
    page = await desk.open();
    await choose(...['one.xlsx', 'two.xlsx', 'three.xlsx'].map((name, index) => file(name, workbook(people(index + 1)))));
    await page.getByRole('button', { name: 'Import all 3 files' }).click();
    for (const name of ['one.xlsx', 'two.xlsx', 'three.xlsx']) await ended(name, 'COMPLETED').waitFor();
  });

  test('are dropped anywhere on the page', async () => {
    page = await desk.open();
    const bytes = [...workbook(people(9))];
    const data = await page.evaluateHandle((content) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([new Uint8Array(content)], 'dropped.xlsx'));
      return transfer;
    }, bytes);
    await page.dispatchEvent('body', 'dragenter', { dataTransfer: data });
    await page.getByText('Drop to add').waitFor();
    await page.dispatchEvent('body', 'drop', { dataTransfer: data });
    await page.getByRole('listitem', { name: 'dropped.xlsx' }).getByRole('button', { name: 'Import', exact: true }).click();
    await ended('dropped.xlsx', 'COMPLETED').waitFor();
  });
});

describe('the list', () => {
  test('comes in pages, and by status', async () => {
    for (let i = 0; i < 12; i++) await desk.db.idleTask();
    page = await desk.open();
    await page.getByRole('navigation', { name: 'Pages of imports' }).getByText(/Page 1 of \d/).waitFor();
    assert.equal(await page.locator('[data-task]').count(), 10);
    await page.getByRole('button', { name: 'Next' }).click();
    await page.getByText(/Page 2 of \d/).waitFor();
    await page.getByRole('combobox', { name: 'Show' }).selectOption('HAS_ERRORS');
    await ended('bad.xlsx', 'HAS_ERRORS').waitFor();
    await page.locator('[data-status=PENDING]').first().waitFor({ state: 'detached' });
    await page.getByRole('combobox', { name: 'Show' }).selectOption('FAILED');
    await page.getByText('No import has this status').waitFor();
  });

  test('S-133 says exactly what the phases say', async () => {
    page = await desk.open();
    const id = Number(await page.locator('[data-status=PENDING]').first().getAttribute('data-task'));
    await page.getByText('Live').waitFor();
    await page.locator(`[data-task="${id}"]`).getByText(/^It waits for its time, \d{4}-/).waitFor();
    const texts = [
      [{ phase: 'LOADING_WORKBOOK' }, 'Reading Excel file...'],
      [{ phase: 'VALIDATING_HEADERS' }, 'Validating column headers...'],
      [{ phase: 'VALIDATING', progress: 25, totalRows: 1000, validatedRows: 250, errorRows: 5 }, 'Validating row 250 of 1000... (25%)'],
      [{ phase: 'SAVING', progress: 85, savedRows: 850 }, 'Saving data... (85%)'],
      [{ phase: 'SAVING', progress: 86, savedRows: 860, committed: false }, 'Saving data, not committed yet... (86%)'],
      [{ phase: 'RETRYING', attempt: 2, retryInMs: 0 }, 'Something went wrong for a moment; attempt 2 starts now...'],
      [{ phase: 'RETRYING', attempt: 2, retryInMs: 0, waitingFor: 'the end of a trouble: No space left on device' }, 'It waits for the end of a trouble: No space left on device'],
    ];
    for (const [event, text] of texts) {
      await desk.db.emit(id, 'task-progress', event);
      await page.locator(`[data-task="${id}"]`).getByText(text, { exact: true }).waitFor();
    }
    await desk.db.emit(id, 'task-progress', { phase: 'SAVING', progress: 87, savedRows: 870 });
    await page.getByText('It waits for the end of a trouble').waitFor({ state: 'detached' });
  });

  test('tells the speed and the time left as soon as it has seen rows go by', async () => {
    page = await desk.open();
    const id = Number(await page.locator('[data-status=PENDING]').first().getAttribute('data-task'));
    await page.getByText('Live').waitFor();
    const card = page.locator(`[data-task="${id}"]`);
    let validatedRows = 0;
    while (await card.getByText(/[1-9]\d* rows\/s\s*about .* left/).count() === 0) {
      validatedRows += 100;
      await desk.db.emit(id, 'task-progress', { phase: 'VALIDATING', progress: 25, totalRows: 1000000, validatedRows, errorRows: 5 });
      await card.getByText(`Validating row ${validatedRows >= 10000 ? validatedRows.toLocaleString('en-US') : validatedRows} of 1,000,000... (25%)`).waitFor();
    }
    await shoot(page, 'validating');
  });
});

describe('a file that was imported before', () => {
  test('is sent only when the person wants that', async () => {
    page = await desk.open();
    await importFile(page, 'first.xlsx', people(7));
    await ended('first.xlsx', 'COMPLETED').waitFor();
    await choose(file('again.xlsx', workbook(people(7))));
    const item = page.getByRole('listitem', { name: 'again.xlsx' });
    await item.getByRole('button', { name: 'Import', exact: true }).click();
    const question = page.getByRole('dialog', { name: 'Import again.xlsx again?' });
    assert.match(await question.innerText(), /The same file was imported as task \d+ on /);
    await question.getByRole('button', { name: 'Cancel' }).click();
    assert.equal(await ended('again.xlsx').count(), 0);
    await item.getByRole('button', { name: 'Import', exact: true }).click();
    await question.getByRole('button', { name: 'Import again' }).click();
    await ended('again.xlsx', 'COMPLETED').waitFor();
  });
});

describe('a dry run', () => {
  test('is imported for good, once, and its data are erased', async () => {
    page = await desk.open();
    await importFile(page, 'checked.xlsx', people(8), { button: 'Validate without importing' });
    const dry = ended('checked.xlsx', 'COMPLETED');
    await dry.getByRole('button', { name: 'Import for good' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Import for good' }).click();
    await page.locator('[data-status=COMPLETED]').filter({ hasText: 'Imports the dry run' }).waitFor();
    const imported = page.locator('[data-task]').filter({ hasText: 'Imported for good by task' });
    await imported.waitFor();
    assert.equal(await imported.getByRole('button', { name: 'Import for good' }).count(), 0);
    await imported.getByRole('button', { name: 'Erase data' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Erase data' }).click();
    await imported.getByRole('button', { name: 'Erase data' }).waitFor({ state: 'detached' });
  });
});
