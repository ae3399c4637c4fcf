// Writes workbooks of any shape, valid or not, with zlib only.

import zlib, { deflateRawSync, inflateRawSync } from 'node:zlib';

const table = Array.from({ length: 256 }, (_, n) => {
  for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
  return n >>> 0;
});

function crc32(data) {
  if (zlib.crc32) return zlib.crc32(data);
  let crc = 0xffffffff;
  for (const byte of data) crc = table[(crc ^ byte) & 255] ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

// entries: { name: text or Buffer }
export function zip(entries, { stored = false } = {}) {
  const parts = [];
  const directory = [];
  let offset = 0;
  for (const [name, content] of Object.entries(entries)) {
    const data = Buffer.from(content);
    const packed = stored ? data : deflateRawSync(data, { level: 1 });
    const head = Buffer.alloc(26);
    head.writeUInt16LE(20, 0);
    head.writeUInt16LE(0x800, 2);
    head.writeUInt16LE(stored ? 0 : 8, 4);
    head.writeUInt16LE(0x21, 8);
    head.writeUInt32LE(crc32(data), 10);
    head.writeUInt32LE(packed.length, 14);
    head.writeUInt32LE(data.length, 18);
    head.writeUInt16LE(Buffer.byteLength(name), 22);
    parts.push(Buffer.from('PK\x03\x04'), head, Buffer.from(name), packed);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    directory.push(Buffer.from('PK\x01\x02\x14\x00'), head, tail, Buffer.from(name));
    offset += 30 + Buffer.byteLength(name) + packed.length;
  }
  const list = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(Object.keys(entries).length, 4);
  end.writeUInt16LE(Object.keys(entries).length, 6);
  end.writeUInt32LE(list.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...parts, list, Buffer.from('PK\x05\x06'), end]);
}

const escapes = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escape = (text) => String(text).replace(/[&<>"]/g, (c) => escapes[c]);
const declaration = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
const main = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const relationships = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const packageRelationships = 'http://schemas.openxmlformats.org/package/2006/relationships';

function cell(value, column, row) {
  const ref = `${String.fromCharCode(65 + column)}${row}`;
  if (value === undefined || value === null || value === '') return '';
  if (typeof value === 'number') return `<c r="${ref}"><v>${value}</v></c>`;
  return `<c r="${ref}" t="inlineStr"><is><t xml:space="preserve">${escape(value)}</t></is></c>`;
}

// rows: an array, or any iterable, of arrays of cells; the first row is row 1.
export function sheet(rows) {
  const parts = [`${declaration}<worksheet xmlns="${main}"><sheetData>`];
  let number = 0;
  for (const row of rows) {
    number++;
    parts.push(`<row r="${number}">${row.map((value, column) => cell(value, column, number)).join('')}</row>`);
  }
  parts.push('</sheetData></worksheet>');
  return parts.join('');
}

export function workbookEntries(rows, { name = 'Sheet1' } = {}) {
  return {
    '[Content_Types].xml': `${declaration}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">`
      + '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
      + '<Default Extension="xml" ContentType="application/xml"/>'
      + '<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
      + '<Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
      + '</Types>',
    '_rels/.rels': `${declaration}<Relationships xmlns="${packageRelationships}">`
      + `<Relationship Id="rId1" Type="${relationships}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
    'xl/workbook.xml': `${declaration}<workbook xmlns="${main}" xmlns:r="${relationships}">`
      + `<sheets><sheet name="${escape(name)}" sheetId="1" r:id="rId1"/></sheets></workbook>`,
    'xl/_rels/workbook.xml.rels': `${declaration}<Relationships xmlns="${packageRelationships}">`
      + `<Relationship Id="rId1" Type="${relationships}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
    'xl/worksheets/sheet1.xml': sheet(rows),
  };
}

export const workbook = (rows, options) => zip(workbookEntries(rows, options), options);

export const HEADERS = ['Name', 'Gender', 'Bio-ID'];

// count people; bad(i) says what is missing in the i-th, from 1 on: undefined, or the index of a column.
export function* people(count, bad = () => undefined) {
  yield HEADERS;
  for (let i = 1; i <= count; i++) {
    const row = [`Person ${i}`, i % 2 ? 'female' : 'male', `B${i}`];
    const column = bad(i);
    if (column !== undefined) row[column] = '';
    yield row;
  }
}

// Reads workbooks well enough to look into those that we are given.

export function unzip(file) {
  const end = file.lastIndexOf('PK\x05\x06');
  const entries = {};
  let at = file.readUInt32LE(end + 16);
  for (let i = 0; i < file.readUInt16LE(end + 10); i++) {
    const nameLength = file.readUInt16LE(at + 28);
    const local = file.readUInt32LE(at + 42);
    const start = local + 30 + file.readUInt16LE(local + 26) + file.readUInt16LE(local + 28);
    const data = file.subarray(start, start + file.readUInt32LE(at + 20));
    entries[file.toString('utf8', at + 46, at + 46 + nameLength)] = file.readUInt16LE(at + 10) === 0 ? data : inflateRawSync(data);
    at += 46 + nameLength + file.readUInt16LE(at + 30) + file.readUInt16LE(at + 32);
  }
  return entries;
}

const unescape = (text) => text.replace(/&(amp|lt|gt|quot|apos|#\d+);/g, (_, name) => (
  { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }[name] ?? String.fromCodePoint(Number(name.slice(1)))));

const texts = (xml) => [...xml.matchAll(/<t(?: [^>]*)?>([^<]*)<\/t>/g)].map((match) => unescape(match[1])).join('');

// { name, rows, types, xml } of the first sheet; cells by column number, absent ones undefined.
export function readWorkbook(file) {
  const entries = unzip(file);
  const xml = entries['xl/worksheets/sheet1.xml'].toString();
  const shared = [...(entries['xl/sharedStrings.xml']?.toString() ?? '').matchAll(/<si>(.*?)<\/si>/gs)].map((match) => texts(match[1]));
  const rows = [];
  const types = [];
  for (const row of xml.matchAll(/<row [^>]*>(.*?)<\/row>/gs)) {
    const cells = [];
    const kinds = [];
    for (const [, ref, attributes, content] of row[1].matchAll(/<c r="([A-Z]+)\d+"([^>]*?)(?:\/>|>(.*?)<\/c>)/gs)) {
      const column = [...ref].reduce((n, c) => n * 26 + c.charCodeAt(0) - 64, 0) - 1;
      const type = attributes.match(/t="(\w+)"/)?.[1] ?? 'n';
      const value = content?.match(/<v>([^<]*)<\/v>/)?.[1];
      cells[column] = type === 's' ? shared[Number(value)] : type === 'inlineStr' ? texts(content) : value && unescape(value);
      kinds[column] = type;
    }
    rows.push(cells);
    types.push(kinds);
  }
  return { name: entries['xl/workbook.xml'].toString().match(/<sheet name="([^"]*)"/)[1], rows, types, xml, entries };
}
