// sheetjs.js FILE TABLE: SheetJS, which has no streaming reader.

import { createRequire } from 'node:module';
import { copy } from './copy.js';

const XLSX = createRequire(import.meta.url)('xlsx');
const [file, table] = process.argv.slice(2);
const book = XLSX.readFile(file, { dense: true, cellDates: true, cellHTML: false, cellText: false, UTC: true });
const rows = XLSX.utils.sheet_to_json(book.Sheets[book.SheetNames[0]], { header: 1, defval: null, raw: true });

await copy(table, rows.slice(1));
