// The page's words about an import are true (undoing, deleting, the time it took) and natural in each language.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { people, workbook } from '../process/support/workbook.js';
import { file, shoot } from './support/browser.js';
import { setting } from './support/desk.js';

const RETRY_DELAY_MS = 2000;

const desk = setting();
let page;

const named = (name) => page.locator('[data-task]').filter({ has: page.getByRole('heading', { name, exact: true }) });

async function importFile(name, rows, { profile = 'people', button = 'Import' } = {}) {
  // The page offers a choice once it knows of several profiles.
  if (await desk.db.query('SELECT count(*) FROM xlsx.profiles') !== '1') await page.getByRole('combobox', { name: 'Import into' }).selectOption(profile);
  await page.locator('input[type=file]').setInputFiles(file(name, workbook(rows)));
  await page.getByRole('listitem', { name }).getByRole('button', { name: button, exact: true }).click();
  await named(name).and(page.locator('[data-status=COMPLETED], [data-status=HAS_ERRORS], [data-status=FAILED]')).waitFor();
  return named(name).getAttribute('data-task');
}

async function undo(name) {
  await named(name).getByRole('button', { name: `Undo: ${name}`, exact: true }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Undo' }).click();
  await named(name).getByText(/rows? undone\./).waitFor();
}

// The sentence of the dialog that asks before deleting; answered by yes or no.
async function removal(name, answer) {
  await named(name).getByRole('button', { name: `Delete: ${name}`, exact: true }).click();
  const dialog = page.getByRole('dialog');
  const text = await dialog.locator('p').innerText();
  await dialog.getByRole('button', { name: answer, exact: true }).click();
  await dialog.waitFor({ state: 'detached' });
  return text;
}

describe('an import that was taken back', () => {
  test('is told from one that stands, after a reload too', async () => {
    page = await desk.open();
    await importFile('stands.xlsx', people(3));
    await importFile('back.xlsx', people(5));
    await undo('back.xlsx');
    for (let round = 0; round < 2; round++) {
      await named('back.xlsx').getByText('Undone', { exact: true }).first().waitFor();
      assert.match(await named('back.xlsx').locator('dl').innerText(), /Undone\s+5/);
      assert.equal(await named('back.xlsx').getByRole('button', { name: /^Undo:/ }).count(), 0);
      assert.equal(await named('stands.xlsx').getByText('Undone').count(), 0);
      await page.reload();
    }
    await shoot(page, 'undone');
  });

  test('only in part says so', async () => {
    page = await desk.open();
    const task = await importFile('part.xlsx', people(5));
    await desk.db.query(`UPDATE people SET gender = 'x' WHERE task_id = ${task} AND name = 'Person 2'`);
    await undo('part.xlsx');
    await page.reload();
    await named('part.xlsx').getByText('Partly undone').waitFor();
    assert.match(await named('part.xlsx').locator('dl').innerText(), /Undone\s+4/);
    assert.match(await removal('part.xlsx', 'Cancel'), /^The 1 row that it added will be deleted from the table,/);
  });
});

describe('deleting', () => {
  test('says that the rows go where they go', async () => {
    page = await desk.open();
    const task = await importFile('goes.xlsx', people(3, (row) => (row === 2 ? 1 : undefined)));
    assert.equal(await removal('goes.xlsx', 'Cancel'),
      'The 2 rows that it added will be deleted from the table, together with its list of problems. You can’t undo this.');
    await named('goes.xlsx').waitFor();
    await removal('goes.xlsx', 'Delete');
    await named('goes.xlsx').waitFor({ state: 'detached' });
    assert.equal(await desk.db.query(`SELECT count(*) FROM people WHERE task_id = ${task}`), '0');
  });

  test('says that they stay where the profile has no task column', async () => {
    await desk.db.query(`CREATE TABLE guests (name text NOT NULL, gender text NOT NULL, bio_id text PRIMARY KEY);
      SELECT xlsx.create_profile('guests', 'guests', headers => '{"bio_id": "Bio-ID"}')`);
    page = await desk.open();
    await importFile('stays.xlsx', people(3), { profile: 'guests' });
    assert.equal(await removal('stays.xlsx', 'Delete'),
      'The 3 rows that it saved will stay in the table. Only this entry and its list of problems will be deleted. You can’t undo this.');
    await named('stays.xlsx').waitFor({ state: 'detached' });
    assert.equal(await desk.db.query('SELECT count(*) FROM guests'), '3');
  });

  test('says that there are none where none was saved, or all were taken back', async () => {
    page = await desk.open();
    await importFile('headers.xlsx', [['Name', 'Sex'], ['Ann', 'F']]);
    await importFile('undone.xlsx', people(2));
    await undo('undone.xlsx');
    await page.reload();
    for (const name of ['headers.xlsx', 'undone.xlsx']) {
      assert.equal(await removal(name, 'Cancel'), 'This entry and its list of problems will be deleted. You can’t undo this.', name);
    }
  });

  test('says that rows it updated stay updated', async () => {
    await desk.db.query(`CREATE TABLE members (task_id bigint, name text NOT NULL, gender text NOT NULL, bio_id text PRIMARY KEY);
      INSERT INTO members VALUES (NULL, 'Old', 'x', 'B1');
      SELECT xlsx.create_profile('members', 'members', task_column => 'task_id', headers => '{"bio_id": "Bio-ID"}');
      SELECT xlsx.alter_profile('members', mode => 'upsert')`);
    page = await desk.open();
    await importFile('upsert.xlsx', people(3), { profile: 'members' });
    assert.equal(await removal('upsert.xlsx', 'Delete'), 'The 2 rows that it added will be deleted from the table, together with its list of problems.'
      + ' Rows that it updated keep their new values. You can’t undo this.');
    await named('upsert.xlsx').waitFor({ state: 'detached' });
    assert.equal(await desk.db.query(`SELECT string_agg(name || ' ' || bio_id, ',') FROM members`), 'Person 1 B1');
  });
});

describe('the time that an import took', () => {
  test('is the time of its attempts, not of the waits between them', async () => {
    await desk.db.query(`CREATE SEQUENCE tries;
      CREATE FUNCTION fail_once() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF NEW.name = 'Person 1' AND nextval('tries') = 1 THEN RAISE EXCEPTION 'come back later' USING ERRCODE = 'lock_not_available'; END IF;
        RETURN NEW;
      END $$;
      CREATE TABLE busy (name text NOT NULL, gender text NOT NULL, bio_id text NOT NULL);
      CREATE TRIGGER fail_once BEFORE INSERT ON busy FOR EACH ROW EXECUTE FUNCTION fail_once();
      SELECT xlsx.create_profile('busy', 'busy', headers => '{"bio_id": "Bio-ID"}')`);
    page = await desk.open();
    const task = await importFile('busy.xlsx', people(3), { profile: 'busy' });
    const [attempts, waited, worked] = JSON.parse(await desk.db.query(`SELECT json_build_array(attempts,
      round(1000 * extract(epoch FROM completed_at - started_at)), (xlsx_rest.task_json(id) ->> 'workMs')::int) FROM xlsx.tasks WHERE id = ${task}`));
    assert.equal(attempts, 2);
    assert.ok(waited - worked >= RETRY_DELAY_MS / 2, `${waited} ms from start to end, ${worked} ms of work`);
    const took = (await named('busy.xlsx').locator('dl').innerText()).match(/Took\s+([\d.]+) (ms|s)/);
    assert.ok(Math.abs(Number(took[1]) * (took[2] === 's' ? 1000 : 1) - worked) <= 50, `${took[0]}, ${worked} ms of work`);
  });

  test('does not grow while an ended import waits to be retried', async () => {
    page = await desk.open();
    const task = await importFile('again.xlsx', [['Name', 'Sex'], ['Ann', 'F']]);
    // As if somebody came back after a while.
    await desk.db.query(`UPDATE xlsx_private.task SET started_at = started_at - interval '114 s', completed_at = completed_at - interval '114 s' WHERE id = ${task}`);
    await named('again.xlsx').getByRole('button', { name: 'Retry' }).click();
    await desk.db.query(`SELECT xlsx.wait(${task})`);
    await page.reload();
    await named('again.xlsx').and(page.locator('[data-status=FAILED]')).waitFor();
    assert.doesNotMatch(await named('again.xlsx').locator('dl').innerText(), /min/);
  });
});

describe('a validation', () => {
  test('says what an import would do, not what it did', async () => {
    await desk.db.query(`CREATE TABLE known (name text NOT NULL, gender text NOT NULL, bio_id text PRIMARY KEY);
      INSERT INTO known SELECT 'Old', 'x', 'B' || i FROM generate_series(1, 16) AS i;
      SELECT xlsx.create_profile('known', 'known', headers => '{"bio_id": "Bio-ID"}');
      SELECT xlsx.alter_profile('known', mode => 'upsert')`);
    page = await desk.open();
    await importFile('check.xlsx', people(20, (row) => (row === 20 ? 0 : undefined)), { profile: 'known', button: 'Validate without importing' });
    await named('check.xlsx').getByText('16 would be updated', { exact: true }).waitFor();
    assert.deepEqual(await named('check.xlsx').locator('ul.counts li').allInnerTexts(),
      ['20 rows', '19 valid', '1 with errors', '3 would be added', '16 would be updated']);
    assert.equal(await desk.db.query(`SELECT count(*) FROM known WHERE name = 'Old'`), '16');
  });
});

// What a native writer would put: the whole text of each place.
const WORDS = {
  'en-US': {
    invite: 'Drop Excel files here or browse',
    hint: 'Excel workbooks (.xlsx). You’ll review everything before it’s imported.',
    profile: 'Import into',
    mode: 'Existing rows',
    modes: ['Report as errors', 'Report as errors, and import all rows or none', 'Update', 'Skip', 'Update, and add no new rows', 'Replace the whole table', 'Update, and remove rows that the file lacks'],
    check: 'Validate without importing',
    problems: 'Problems found',
    show: 'Show errors',
    remove: 'Delete',
    no: 'Cancel',
    validating: ['Validating row 250 of 1000... (25%)', 'Validating row 514,000 of 600,000... (86%)'],
  },
  'de-DE': {
    invite: 'Excel-Dateien hier ablegen oder auswählen',
    hint: 'Excel-Arbeitsmappen (.xlsx). Sie sehen alles, bevor es importiert wird.',
    profile: 'Importieren in',
    mode: 'Vorhandene Zeilen',
    modes: ['Als Fehler melden', 'Als Fehler melden und alle Zeilen importieren oder keine', 'Ändern', 'Überspringen', 'Ändern und keine neuen hinzufügen', 'Die ganze Tabelle ersetzen', 'Ändern und Zeilen entfernen, die in der Datei fehlen'],
    check: 'Prüfen, ohne zu importieren',
    problems: 'Gefundene Probleme',
    show: 'Fehler zeigen',
    remove: 'Löschen',
    no: 'Abbrechen',
    validating: ['Zeile 250 von 1000 wird geprüft... (25 %)', 'Zeile 514.000 von 600.000 wird geprüft... (86 %)'],
  },
};

describe('the words', () => {
  for (const [locale, words] of Object.entries(WORDS)) {
    test(`are those of the language (${locale})`, async () => {
      const bad = await desk.db.query(`SELECT xlsx.submit('people', xlsx.write('SELECT ''Ann'' AS name, NULL::text AS gender, ''1'' AS bio_id', headers => '{"bio_id": "Bio-ID"}'), 'words.xlsx')`);
      await desk.db.query(`SELECT xlsx.wait(${bad})`);
      const idle = await desk.db.idleTask();
      page = await desk.open({ locale });
      await page.getByText(words.invite, { exact: true }).waitFor();
      await page.getByText(words.hint, { exact: true }).waitFor();
      await page.getByRole('combobox', { name: words.profile }).waitFor();
      await page.locator('input[type=file]').setInputFiles(file('chosen.xlsx', workbook(people(2))));
      await page.getByRole('button', { name: words.check, exact: true }).waitFor();
      assert.deepEqual(await page.getByRole('combobox', { name: words.mode }).locator('option').allInnerTexts(), words.modes);

      const task = page.locator(`[data-task="${bad}"]`);
      await task.getByRole('button', { name: words.show }).click();
      await task.getByRole('heading', { name: words.problems }).waitFor();
      await task.getByRole('button', { name: new RegExp(`^${words.remove}`) }).click();
      await page.getByRole('dialog').getByRole('button', { name: words.no, exact: true }).click();

      await page.getByText('Live').waitFor();
      for (const [index, [validatedRows, totalRows, progress]] of [[250, 1000, 25], [514000, 600000, 86]].entries()) {
        await desk.db.emit(idle, 'task-progress', { phase: 'VALIDATING', progress, totalRows, validatedRows, errorRows: 0 });
        await page.locator(`[data-task="${idle}"]`).getByText(words.validating[index], { exact: true }).waitFor();
      }
      await desk.db.query(`SELECT xlsx.delete(${bad}), xlsx.delete(${idle})`);
    });
  }
});
