// exceljs.js FILE TABLE: ExcelJS, streaming.

import ExcelJS from 'exceljs';
import { copy } from './copy.js';

const [file, table] = process.argv.slice(2);

async function* rows() {
  let width = 0;
  const options = { sharedStrings: 'cache', styles: 'cache', worksheets: 'emit', hyperlinks: 'ignore' };
  for await (const sheet of new ExcelJS.stream.xlsx.WorkbookReader(file, options))
    for await (const row of sheet) {
      if (width > 0) yield Array.from({ length: width }, (_, i) => row.values[i + 1]);
      width ||= row.cellCount;
    }
}

await copy(table, rows());
