// A Socket.IO client of the namespace of tasks whose packets wait to be taken.

import { atEnd } from './cleanup.js';
import { Inbox } from './inbox.js';

export class Member {
  // io: that of a socket.io-client; resolves when it is connected.
  static async connect(io, url, options = {}) {
    const member = new Member();
    member.inbox = new Inbox();
    member.socket = io(`${url}/upload-xlsx`, { transports: ['websocket'], forceNew: true, ...options });
    atEnd(() => member.socket.close());
    member.socket.onAny((...event) => member.inbox.put(event));
    await new Promise((resolve, reject) => {
      member.socket.once('connect', resolve);
      member.socket.once('connect_error', reject);
    });
    return member;
  }

  next() {
    return this.inbox.next();
  }

  // Resolves to the state that comes behind joined-task.
  async join(taskId) {
    this.socket.emit('join-task', { taskId });
    const [event, data] = await this.next();
    if (event !== 'joined-task') throw new Error(`${event}: ${JSON.stringify(data)}`);
    return this.next();
  }

  // The next event of that name; those before it are passed over.
  async until(name) {
    for (;;) {
      const event = await this.next();
      if (event[0] === name) return event[1];
    }
  }

  // What has come by now: all before the answer to a request sent behind it.
  async rest() {
    const events = [];
    this.socket.emit('leave-task', { taskId: 999999999 });
    for (;;) {
      const event = await this.next();
      if (event[0] === 'left-task' && event[1].taskId === 999999999) return events;
      events.push(event);
    }
  }

  close() {
    this.socket.close();
  }
}
