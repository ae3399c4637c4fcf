// Calls of the REST interface, as a frontend makes them.

import { request } from './engine.js';

export const BASE = '/applications/upload-large-xlsx';
export const XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';

export async function api(url, path, { method = 'GET', base = BASE } = {}) {
  const response = await request(`${url}${base}${path}`, { method, headers: method === 'GET' ? {} : { 'content-length': 0 } });
  return { ...response, json: response.text ? JSON.parse(response.text) : undefined };
}

// parts: [name, value] for a field, [name, Buffer, file name] for a file.
export function form(parts, boundary = '----form') {
  const pieces = [];
  for (const [name, value, fileName] of parts) {
    const file = fileName === undefined ? '' : `; filename="${fileName}"\r\nContent-Type: ${XLSX}`;
    pieces.push(Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="${name}"${file}\r\n\r\n`), Buffer.from(value), Buffer.from('\r\n'));
  }
  pieces.push(Buffer.from(`--${boundary}--\r\n`));
  return { body: Buffer.concat(pieces), headers: { 'content-type': `multipart/form-data; boundary=${boundary}` } };
}

export async function post(url, { body, headers }, path = `${BASE}/upload`) {
  const response = await request(url + path, { method: 'POST', headers: { 'content-length': body.length, ...headers }, body });
  return { ...response, json: JSON.parse(response.text) };
}

export const upload = (url, file, fileName = 'people.xlsx', fields = {}) =>
  post(url, form([...Object.entries(fields), ['file', file, fileName]]));

// A value of /metrics, without its prefix.
export async function metric(url, name) {
  const { text } = await request(`${url}/metrics`);
  return Number(text.match(new RegExp(`^pg_xlsx_notifier_${name} (\\d+)$`, 'm'))[1]);
}

// Asks again until the metric has the value.
export async function becomes(url, name, value) {
  while (await metric(url, name) !== value);
}
