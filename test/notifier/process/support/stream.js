// A stream of server-sent events, parsed; its requests can be dropped.

import http from 'node:http';
import https from 'node:https';
import { atEnd } from './cleanup.js';
import { Inbox } from './inbox.js';

export class EventStream {
  // Resolves when the head of the answer is there.
  static open(url, { headers = {} } = {}) {
    return new Promise((resolve, reject) => {
      const req = (url.startsWith('https') ? https : http).get(url, { headers, agent: false }, (res) => resolve(new EventStream(req, res)));
      req.on('error', reject);
    });
  }

  constructor(req, res) {
    this.req = req;
    this.res = res;
    this.status = res.statusCode;
    this.headers = res.headers;
    this.inbox = new Inbox();
    this.comments = new Inbox();
    this.text = '';
    res.setEncoding('utf8');
    let rest = '';
    res.on('data', (part) => {
      this.text += part;
      rest += part;
      for (let end = rest.indexOf('\n\n'); end >= 0; end = rest.indexOf('\n\n')) {
        this.#block(rest.slice(0, end));
        rest = rest.slice(end + 2);
      }
    });
    res.on('error', () => {});
    this.ended = new Promise((done) => res.on('close', () => done(res.complete)));
    this.ended.then(atEnd(() => req.destroy()));
  }

  #block(text) {
    const fields = Object.fromEntries(text.split('\n').map((line) => line.split(/: ?(.*)/s, 2)));
    if (fields.data !== undefined) this.inbox.put({ id: fields.id, event: fields.event, data: JSON.parse(fields.data) });
    else this.comments.put(text);
  }

  pause() {
    this.res.pause();
  }

  next() {
    return this.inbox.next();
  }

  drop() {
    this.req.destroy();
    return this.ended;
  }
}
