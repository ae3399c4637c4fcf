// Clients in Chromium: pages that run the snippets of the documentation, and tell what they hear.

import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../process/support/server.js';
import { Follower } from './follower.js';

const need = createRequire(new URL('../process/package.json', import.meta.url));

// A block of code of a file of the documentation, with these changes, each of which must find its place.
function snippet(file, contains, changes) {
  let code = [...readFileSync(join(root, file), 'utf8').matchAll(/```(?:js|ts)\n(.*?)```/gs)].map(([, block]) => block).find((block) => block.includes(contains));
  if (code === undefined) throw new Error(`${file} has no snippet with ${contains}`);
  for (const [from, to] of changes) {
    if (!code.includes(from)) throw new Error(`the snippet of ${file} has no "${from}"`);
    code = code.replaceAll(from, to);
  }
  return code;
}

// LiveTasks as the client package's README shows it.
const live = () => `
import { io } from './socket.io.js';
import { Api, LiveTasks, NAMESPACE, OwnEvents, sharedSocket } from './client/index.js';
export function follow({ token, hear }) {
  const name = (event) => ('error' in event ? 'task-failed' : 'completedAt' in event ? 'task-completed' : 'task-progress');
  const show = (event) => { if (typeof event === 'object') hear(name(event), event); };
  ${snippet('notifier/client/README.md', 'new LiveTasks', [
    ["import { io } from 'socket.io-client';", ''],
    ["import { Api, LiveTasks, NAMESPACE, OwnEvents, sharedSocket } from 'pg-xlsx-client';", ''],
    ['new Api();', 'new Api({ token: () => token });'],
    ['() => io(NAMESPACE)', '() => io(NAMESPACE, { forceNew: true, reconnectionDelay: 50, reconnectionDelayMax: 300, auth: { token } })'],
    ['api.tasks()', 'api.tasks({ limit: 100 })'],
    ['live.follow(data), console.error', '{ hear("list", data); live.follow(data); }, () => {}'],
  ])}
}`;

// The README's snippet, once for each task.
const readme = () => `
import { io as connect } from './socket.io.js';
export function follow({ token, tasks, hear }) {
  const console = { log() {}, error() {} };
  for (const taskId of tasks) {
    const io = (address, options) => {
      const socket = connect(address, { forceNew: true, reconnectionDelay: 50, reconnectionDelayMax: 300, auth: { token }, ...options });
      socket.on('connect', () => hear('connect', { taskId }));
      socket.onAny(hear);
      return socket;
    };
    ${snippet('README.md', 'const socket = io(', [['"http://127.0.0.1:8080/upload-xlsx"', '"/upload-xlsx"'], ['taskId: 1 ', 'taskId ']])}
  }
}`;

// A folder for the sidecars to serve; remove it at the end.
export function makeSite() {
  const folder = mkdtempSync(join(tmpdir(), 'pg_xlsx_torture.'));
  cpSync(join(root, 'notifier/client/dist'), join(folder, 'client'), { recursive: true });
  cpSync(join(need.resolve('socket.io-client/package.json'), '../dist/socket.io.esm.min.js'), join(folder, 'socket.io.js'));
  writeFileSync(join(folder, 'index.html'), '<!doctype html><title>torture</title><script type="module" src="main.js"></script>');
  writeFileSync(join(folder, 'main.js'), `
const { kind, ...what } = JSON.parse(decodeURIComponent(location.hash.slice(1)));
const { follow } = await import(kind === 'live' ? './live.js' : './readme.js');
follow({ ...what, hear: globalThis.hear });
globalThis.follows = true;`);
  writeFileSync(join(folder, 'live.js'), live());
  writeFileSync(join(folder, 'readme.js'), readme());
  return { folder, remove: () => rmSync(folder, { recursive: true }) };
}

class PageFollower extends Follower {
  // context: of Playwright; its pages share what the tabs of a browser share.
  constructor({ kind, name, tasks, foreign, url, token, context }) {
    super(name, tasks, foreign);
    this.address = `${url}/#${encodeURIComponent(JSON.stringify({ kind, token, tasks }))}`;
    this.opened = this.#open(context);
  }

  async #open(context) {
    this.page = await context.newPage();
    this.page.on('pageerror', (error) => this.wrong.push(`${this.name}: ${error}`));
    await this.page.exposeBinding('hear', (_source, event, data) => this.hear(event, data));
    await this.load();
  }

  // The sidecar may be away.
  async load() {
    while (!this.closed) {
      try {
        await this.page.goto('about:blank');
        await this.page.goto(this.address);
        // A module may not have come.
        await this.page.waitForFunction(() => globalThis.follows, undefined, { timeout: 10000 });
        return;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    }
  }

  close() {
    this.closed = true;
  }
}

// All tasks of its role, also those that come later; an end may be seen in the list before it is heard.
export class LiveFollower extends PageFollower {
  constructor(what) {
    super({ ...what, kind: 'live' });
  }

  hear(event, data) {
    if (event === 'list') {
      for (const { id, status } of data) {
        this.add(id);
        this.tasks.get(id).listed = !['PENDING', 'PROCESSING'].includes(status);
      }
      return;
    }
    this.add(data.taskId);
    super.hear(event, data);
  }

  // The tab is loaded again; if it leads, another one takes its place.
  drop() {
    this.opened = this.opened.then(() => this.load());
  }
}

// It joins again whenever it connects, so it hears an end once for each connection.
export class ReadmeFollower extends PageFollower {
  constructor(what) {
    super({ ...what, kind: 'readme' });
  }

  hear(event, data) {
    const heard = this.tasks.get(data.taskId);
    if (event === 'connect') {
      heard.before = heard.before || heard.ends > 0;
      heard.ends = 0;
    } else super.hear(event, data);
  }

  drop() {}
}
