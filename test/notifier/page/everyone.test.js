// The page for everyone: by keyboard, with a screen reader, in the dark, on a small screen, in another language; and what its policy allows.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { request } from '../process/support/engine.js';
import { Notifier } from '../process/support/notifier.js';
import { now, SECRET, token } from '../process/support/token.js';
import { people, workbook } from '../process/support/workbook.js';
import { file, shoot, violations, webRoot } from './support/browser.js';
import { setting } from './support/desk.js';

const desk = setting();
let page;

const bad = () => workbook(people(60, (row) => (row % 20 === 0 ? (row / 20) % 3 : undefined)));
const choose = (...files) => page.locator('input[type=file]').setInputFiles(files);

// Both grounds, because a contrast that is enough on one need not be on the other.
async function isFine(name) {
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    assert.deepEqual(await violations(page), [], `${name}, ${colorScheme}`);
    await shoot(page, `${name}-${colorScheme}`);
  }
}

describe('axe finds nothing', () => {
  test('in an empty page', async () => {
    page = await desk.open();
    await page.getByText('No imports yet').waitFor();
    await isFine('empty');
  });

  test('in a preview, a report and a list of errors', async () => {
    page = await desk.open();
    await choose(file('people.xlsx', bad()));
    await page.getByRole('region', { name: /First rows of the sheet/ }).waitFor();
    await isFine('preview');
    await page.getByRole('button', { name: 'Validate without importing' }).click();
    await page.locator('[data-status=HAS_ERRORS]').getByRole('button', { name: 'Show report' }).click();
    await page.getByRole('heading', { name: 'Report' }).waitFor();
    await isFine('report');
    await page.getByRole('button', { name: 'Show errors' }).click();
    await page.getByRole('region', { name: /wrong cells are marked/ }).waitFor();
    await isFine('errors-list');
  });

  test('in a task at work, in one that failed, and in a question', async () => {
    await desk.db.idleTask();
    const failing = await desk.db.query(`SELECT xlsx.submit('people', '\\x504b0304'::bytea, 'broken.xlsx')`);
    await desk.db.query(`SELECT xlsx.wait(${failing}, '30 s')`);
    page = await desk.open();
    await page.locator('[data-status=FAILED]').waitFor();
    const id = await page.locator('[data-status=PENDING]').getAttribute('data-task');
    await page.getByText('Live').waitFor();
    await desk.db.emit(id, 'task-progress', { phase: 'VALIDATING', progress: 25, totalRows: 1000, validatedRows: 250, errorRows: 5 });
    await page.getByText('Validating row 250 of 1000').waitFor();
    await isFine('working');
    await page.getByRole('button', { name: 'Delete' }).first().click();
    await page.getByRole('dialog').waitFor();
    await isFine('question');
  });
});

describe('a small screen', () => {
  test('shows everything without scrolling sideways', async () => {
    page = await desk.open({ viewport: { width: 320, height: 640 } });
    await choose(file('a workbook with a name that is much longer than a small screen is wide.xlsx', bad()));
    await page.getByRole('region', { name: /First rows of the sheet/ }).waitFor();
    await page.getByRole('button', { name: 'Show errors' }).first().click();
    await page.getByRole('region', { name: /wrong cells are marked/ }).waitFor();
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(width <= 320, `the page is ${width} wide`);
    await isFine('narrow');
  });
});

describe('by keyboard alone', () => {
  test('a file is chosen, mapped and imported, its errors read and the task deleted', async () => {
    page = await desk.open();
    const rows = [...people(20, (row) => (row === 7 ? 0 : undefined))];
    rows[0] = ['Name', 'Sex', 'Bio-ID'];
    const focus = async (condition) => {
      for (let i = 0; i < 60; i++) {
        await page.keyboard.press('Tab');
        const what = await page.evaluate(() => `${document.activeElement.tagName} ${document.activeElement.ariaLabel ?? ''} ${document.activeElement.textContent}`);
        if (condition.test(what)) return;
      }
      assert.fail(`nothing with ${condition} took the focus`);
    };
    // Listened for beforehand: the browser has to be told not to open its own dialog.
    const asked = page.waitForEvent('filechooser');
    await page.getByText('Live').waitFor();
    await focus(/^INPUT/);
    await page.keyboard.press('Space');
    const chooser = await asked;
    await chooser.setFiles(file('keyboard.xlsx', workbook(rows)));
    await page.getByText('Missing in this sheet: Gender').waitFor();
    await focus(/^SELECT Column for “Sex”/);
    await page.keyboard.press('g');
    await page.getByText('All columns were found.').waitFor();
    await focus(/^BUTTON\s+Import$/);
    await page.keyboard.press('Enter');
    const task = page.locator('[data-status=HAS_ERRORS]').filter({ hasText: 'keyboard.xlsx' });
    await task.waitFor();
    assert.match(await page.locator('p[role=status]').innerText(), /Import of keyboard.xlsx: Has errors|keyboard.xlsx was uploaded/);
    await focus(/^BUTTON Show errors: keyboard.xlsx/);
    await page.keyboard.press('Enter');
    await task.getByText('Name is required').first().waitFor();
    await focus(/^BUTTON Delete: keyboard.xlsx/);
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    await focus(/^BUTTON\s+Delete$/);
    await page.keyboard.press('Enter');
    await task.waitFor({ state: 'detached' });
  });
});

describe('another language', () => {
  test('is what the browser asks for', async () => {
    page = await desk.open({ locale: 'de-DE' });
    await page.getByRole('heading', { name: 'Neuer Import' }).waitFor();
    assert.equal(await page.locator('html').getAttribute('lang'), 'de');
    await choose(file('leute.xlsx', bad()));
    await page.getByRole('button', { name: 'Importieren', exact: true }).click();
    await page.locator('[data-status=HAS_ERRORS]').filter({ hasText: 'leute.xlsx' }).getByText('Mit Fehlern').first().waitFor();
    await isFine('german');
  });

  test('is English when it is none that we have', async () => {
    page = await desk.open({ locale: 'fr-FR' });
    await page.getByRole('heading', { name: 'New import' }).waitFor();
  });
});

describe('what is done by hand', () => {
  test('another header row and another sheet are looked at', async () => {
    page = await desk.open();
    await choose(file('title.xlsx', workbook([['A list of people'], [], ...people(5)])));
    await page.getByRole('spinbutton', { name: 'Header in row' }).fill('3');
    await page.keyboard.press('Enter');
    await page.getByText('All columns were found.').waitFor();
    await page.getByRole('button', { name: 'Import', exact: true }).click();
    await page.locator('[data-status=COMPLETED]').filter({ hasText: 'title.xlsx' }).waitFor();
  });

  test('a column that is left out counts as missing', async () => {
    page = await desk.open();
    await choose(file('left.xlsx', workbook(people(5))));
    await page.getByRole('combobox', { name: 'Column for “Gender”' }).selectOption('Leave out');
    await page.getByText('Missing in this sheet: Gender').waitFor();
    await page.getByText('Left out: Gender').waitFor();
  });

  test('an import is undone', async () => {
    page = await desk.open();
    await choose(file('undo.xlsx', workbook(people(5))));
    await page.getByRole('button', { name: 'Import', exact: true }).click();
    const task = page.locator('[data-status=COMPLETED]').filter({ hasText: 'undo.xlsx' });
    await task.getByRole('button', { name: 'Undo: undo.xlsx', exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Undo' }).click();
    await task.getByText('5 rows undone.').waitFor();
    assert.equal(await desk.db.query(`SELECT count(*) FROM people WHERE task_id = ${await task.getAttribute('data-task')}`), '0');
  });

  test('a template comes from the profile', async () => {
    page = await desk.open();
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Download an empty template' }).click()]);
    assert.match(download.suggestedFilename(), /\.xlsx$/);
  });
});

describe('a server that wants a token', () => {
  test('is asked with one, and what it refuses is told', async () => {
    const role = `page_${process.pid}`;
    await desk.db.query(`CREATE ROLE ${role}; GRANT xlsx_user TO ${role}; GRANT SELECT, INSERT, DELETE ON people TO ${role}`);
    const guarded = await Notifier.start({ 'database-url': desk.db.url, 'web-root': webRoot, 'jwt-secret': SECRET });
    page = await desk.open({ expected: [/401/] }, guarded.url);
    const field = page.getByLabel('Access token');
    await field.waitFor();
    await isFine('token');
    await field.fill(token({ role, exp: now() - 3600 }));
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByText('The server refused this token:').waitFor();
    await field.fill(token({ role, exp: now() + 3600 }));
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByText('No imports yet').waitFor();
    await choose(file('mine.xlsx', bad()));
    await page.getByRole('button', { name: 'Import', exact: true }).click();
    const task = page.locator('[data-status=HAS_ERRORS]');
    await task.waitFor();
    const [download] = await Promise.all([page.waitForEvent('download'), task.getByRole('button', { name: 'Download errors' }).click()]);
    assert.match(download.suggestedFilename(), /^validation-errors-task-\d+\.xlsx$/);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await field.waitFor();
    await guarded.stop();
  });
});

describe('the policy', () => {
  test('lets the page run nothing from elsewhere', async () => {
    const { headers } = await request(`${desk.server.url}/`);
    assert.match(headers['content-security-policy'], /default-src 'none'/);
    page = await desk.open({ expected: [/Content Security Policy/] });
    const outcome = await page.evaluate(() => new Promise((resolve) => {
      document.addEventListener('securitypolicyviolation', (event) => resolve(event.effectiveDirective));
      const script = document.createElement('script');
      script.textContent = 'globalThis.evil = true';
      document.body.append(script);
    }));
    assert.match(outcome, /^script-src/);
  });
});
