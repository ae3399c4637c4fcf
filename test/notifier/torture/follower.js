// Clients that follow tasks as the documentation shows it, and count what they hear.

import http from 'node:http';

export class Follower {
  constructor(name, tasks, foreign) {
    Object.assign(this, { name, foreign, wrong: [], tasks: new Map() });
    for (const task of tasks) this.add(task);
  }

  // Follows one more, unless it does already; returns whether it did not.
  add(task) {
    if (this.tasks.has(task)) return false;
    // before: heard on a connection that has ended; listed: seen to have ended in the list of tasks.
    this.tasks.set(task, { seq: -1, ends: 0, before: false, listed: false });
    return true;
  }

  // Those whose end was not heard yet.
  open() {
    return [...this.tasks].filter(([, { ends, before, listed }]) => ends === 0 && !before && !listed).map(([task]) => task);
  }

  hear(event, data) {
    const heard = this.tasks.get(data.taskId);
    const say = (what) => this.wrong.push(`${this.name}: ${what}: ${event} ${JSON.stringify(data).slice(0, 200)}`);
    if (event === 'exception' && data.taskId === this.foreign) return;
    if (heard === undefined || event === 'exception') {
      say('not to be heard');
      return;
    }
    if (data.seq === undefined) return;      // joined-task
    if (data.seq < heard.seq) say(`number ${data.seq} after ${heard.seq}`);
    heard.seq = data.seq;
    if (event !== 'task-failed' && event !== 'task-completed') return;
    if (++heard.ends > 1) say('the end again');
  }
}

export class SocketFollower extends Follower {
  constructor({ name, tasks, foreign, io, url, token, options }) {
    super(name, tasks, foreign);
    this.socket = io(`${url}/upload-xlsx`, { forceNew: true, reconnectionDelay: 50, reconnectionDelayMax: 300, auth: { token }, ...options });
    this.socket.on('connect', () => {
      for (const taskId of [...this.open(), foreign]) this.socket.emit('join-task', { taskId });
    });
    this.socket.on('connect_error', (error) => { if (error.data) this.wrong.push(`${name}: ${error.message}`); });
    // Listeners by name: onAny is newer than the oldest client.
    for (const event of ['task-progress', 'task-completed', 'task-failed', 'exception']) this.socket.on(event, (data) => this.hear(event, data));
  }

  add(task) {
    if (!super.add(task)) return;
    if (this.socket?.connected) this.socket.emit('join-task', { taskId: task });
  }

  // The connection breaks under it.
  drop() {
    this.socket.io.engine?.close();
  }

  close() {
    this.socket.close();
  }
}

// One stream for each task, as EventSource does it.
export class StreamFollower extends Follower {
  constructor({ name, tasks, foreign, url, token }) {
    super(name, [], foreign);
    this.requests = new Map();
    this.address = (task) => `${url}/upload-xlsx/tasks/${task}/events?access_token=${token}`;
    for (const task of tasks) this.add(task);
  }

  add(task) {
    if (super.add(task)) this.#open(this.address(task), task, undefined);
  }

  #open(url, task, lastId) {
    if (this.closed) return;
    let id = lastId;
    let over = false;
    const again = () => {
      if (over) return;
      over = true;
      if (this.tasks.get(task).ends === 0) setTimeout(() => this.#open(url, task, id), 200);
    };
    const request = http.get(url, { headers: lastId === undefined ? {} : { 'last-event-id': lastId }, agent: false }, (response) => {
      if (response.statusCode !== 200) this.wrong.push(`${this.name}: the stream of ${task} was answered with ${response.statusCode}`);
      response.setEncoding('utf8');
      let rest = '';
      response.on('data', (part) => {
        const blocks = (rest + part).split('\n\n');
        rest = blocks.pop();
        for (const block of blocks) {
          const fields = Object.fromEntries(block.split('\n').map((line) => line.split(/: ?(.*)/s, 2)));
          if (fields.data === undefined) continue;
          id = fields.id ?? id;
          this.hear(fields.event, JSON.parse(fields.data));
        }
      });
      response.on('error', () => {});
      response.on('close', again);
    });
    request.on('error', again);
    this.requests.set(task, request);
  }

  drop() {
    for (const request of this.requests.values()) request.destroy();
  }

  close() {
    this.closed = true;
    this.drop();
  }
}
