// The types of notifier/client beside what the sidecar sends: a member that is always sent is not optional, one that may be missing is, and every member
// that is sent is known.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { api, BASE, becomes, upload } from '../process/support/api.js';
import { Database } from '../process/support/cluster.js';
import { Member } from '../process/support/member.js';
import { Notifier } from '../process/support/notifier.js';
import { root } from '../process/support/server.js';
import { now, SECRET, token } from '../process/support/token.js';
import { people, workbook } from '../process/support/workbook.js';

const ts = createRequire(join(root, 'notifier/package.json'))('typescript');
const { io } = createRequire(new URL('../process/package.json', import.meta.url))('socket.io-client');

const DECLARATIONS = join(root, 'notifier/client/dist/types.d.ts');

// Members of each interface: name -> may it be missing?
function interfaces() {
  const program = ts.createProgram([DECLARATIONS], { strict: true, exactOptionalPropertyTypes: true });
  const checker = program.getTypeChecker();
  const all = new Map();
  program.getSourceFile(DECLARATIONS).forEachChild((node) => {
    if (!ts.isInterfaceDeclaration(node)) return;
    const members = checker.getTypeAtLocation(node).getProperties();
    all.set(node.name.text, new Map(members.map((member) => [member.name, (member.flags & ts.SymbolFlags.Optional) !== 0])));
  });
  return all;
}

const EVENT_TYPES = {
  'joined-task': 'TaskReference', 'left-task': 'TaskReference', 'task-progress': 'TaskProgress', 'task-completed': 'TaskCompleted', 'task-failed': 'TaskFailed',
  'task-undone': 'TaskUndone', 'task-deleted': 'TaskDeleted', 'workbook-loading': 'TaskPhaseEvent', 'header-validation': 'TaskPhaseEvent',
  'processing-completed': 'ProcessingCompleted', 'token-expiring': 'TokenExpiring', exception: 'SocketException',
};

let db;
let server;
let types;
const sent = new Map();     // by interface

function note(type, ...values) {
  sent.set(type, [...(sent.get(type) ?? []), ...values]);
}

before(async () => {
  db = await Database.create();
  server = await Notifier.start({ 'database-url': db.url });
  types = interfaces();
});
after(async () => {
  await server.stop();
  await db.drop();
});

// What is sent about an import, from its beginning to its end and what follows.
async function anImport(rows) {
  await db.query('SELECT xlsx.pause()');
  const { json } = await upload(server.url, workbook(rows), 'people.xlsx');
  note('UploadAnswer', json);
  const member = await Member.connect(io, server.url);
  const events = [];
  member.socket.onAny((name, data) => events.push([name, data]));
  member.socket.emit('join-task', { taskId: json.taskId });
  await member.until('task-progress');
  await db.query('SELECT xlsx.resume()');
  const end = await new Promise((resolve) => member.socket.onAny((name, data) => { if (name === 'task-completed' || name === 'task-failed') resolve(data); }));
  note('TaskDetail', (await api(server.url, `/tasks/${json.taskId}`)).json);
  note('Report', (await api(server.url, `/tasks/${json.taskId}/report`)).json);
  const errors = (await api(server.url, `/tasks/${json.taskId}/errors`)).json;
  note('Page', errors);
  note('ErrorRow', ...errors.data);
  const told = (await api(server.url, `/tasks/${json.taskId}/rows`)).json;
  note('RowsAfter', told);
  note('TaskRow', ...told.data);
  note('CellError', ...errors.data.flatMap((row) => row.errors));
  note('ErrorGroup', ...(await api(server.url, `/tasks/${json.taskId}/errors/summary`)).json.data);
  if (end.savedRows > 0) {
    note('UndoAnswer', (await api(server.url, `/tasks/${json.taskId}/undo`, { method: 'POST' })).json);
    await becomes(server.url, 'sockets', 1);
  }
  await api(server.url, `/tasks/${json.taskId}`, { method: 'DELETE' });
  await member.rest();
  member.close();
  for (const [name, data] of events) note(EVENT_TYPES[name], data);
}

async function everything() {
  for (const rows of [people(2500), people(50, (row) => (row === 7 ? 1 : undefined)), [['Name', 'Sex', 'Id'], ['Ann', 'F', '1']]]) await anImport(rows);
  const member = await Member.connect(io, server.url);
  member.socket.onAny((name, data) => note(EVENT_TYPES[name], data));
  const task = await db.idleTask();
  await member.join(task);
  await db.query(`SELECT xlsx.cancel(${task})`);
  await member.until('task-failed');
  member.socket.emit('join-task', { taskId: 0 });
  member.socket.emit('join-task', { taskId: 424242 });
  member.socket.emit('leave-task', { taskId: 1 });
  await member.until('left-task');
  member.close();
  note('Task', ...(await api(server.url, '/tasks')).json.data);
  const profiles = (await api(server.url, '/profiles')).json.data;
  note('Profile', ...profiles);
  note('ProfileColumn', ...profiles.flatMap(({ columns }) => columns));
  const form = new FormData();
  form.append('file', new Blob([workbook(people(3))]), 'people.xlsx');
  const preview = await (await fetch(`${server.url}${BASE}/preview`, { method: 'POST', body: form })).json();
  note('Preview', preview);
  note('PreviewColumn', ...preview.columns);
  for (const path of ['/tasks/424242', '/tasks/x', '/tasks?page=0', '/nothing', '/tasks/events?ids=']) note('ApiErrorBody', (await api(server.url, path)).json);
  const keyed = await Notifier.start({ 'database-url': db.url, 'jwt-secret': SECRET, 'jwt-allow-superuser': 'on' });
  const short = await Member.connect(io, keyed.url, { auth: { token: token({ role: db.env.PGUSER, exp: now() + 30 }) } });
  note('TokenExpiring', await short.until('token-expiring'), await short.socket.emitWithAck('auth', { token: token({ role: db.env.PGUSER, exp: now() + 300 }) }));
  short.close();
  await keyed.stop();
}

// Sent in cases that are not among these.
const RARE = { TaskProgress: ['waitingFor'], Page: ['totalIsEstimate'] };

describe('the types', { timeout: 120000 }, () => {
  before(everything);

  test('there is something of each', () => {
    assert.deepEqual(Object.values(EVENT_TYPES).filter((type) => !sent.has(type)), []);
    for (const [type, values] of sent) assert.ok(values.length > 0 && types.has(type), type);
  });

  test('know every member that is sent', () => {
    const unknown = [...sent].flatMap(([type, values]) => values.flatMap((value) => Object.keys(value).filter((name) => !types.get(type).has(name)).map((name) => `${type}.${name}`)));
    assert.deepEqual([...new Set(unknown)], []);
  });

  test('do not promise a member that may be missing', () => {
    const missing = [...sent].flatMap(([type, values]) => [...types.get(type)].filter(([name, optional]) => !optional && values.some((value) => !(name in value))).map(([name]) => `${type}.${name}`));
    assert.deepEqual(missing, []);
  });

  test('do not leave open a member that is always sent', () => {
    const always = [...sent].flatMap(([type, values]) => [...types.get(type)]
      .filter(([name, optional]) => optional && !RARE[type]?.includes(name) && values.every((value) => name in value)).map(([name]) => `${type}.${name}`));
    assert.deepEqual(always, []);
  });
});
