// Engine.IO by hand: requests and sockets without a client library.

import http from 'node:http';
import net from 'node:net';
import { WebSocket } from 'ws';
import { atEnd } from './cleanup.js';
import { Inbox } from './inbox.js';

export const SEPARATOR = '\x1e';

// One request on a connection of its own.
export function request(url, { method = 'GET', headers = {}, body, agent = false } = {}) {
  return new Promise((resolve, reject) => {
    const req = http.request(url, { method, headers, agent }, (res) => {
      const parts = [];
      res.on('data', (part) => parts.push(part));
      res.on('end', () => resolve({ status: res.statusCode, headers: res.headers, text: Buffer.concat(parts).toString(), body: Buffer.concat(parts) }));
      res.on('error', reject);
      res.on('aborted', () => reject(new Error('aborted')));
    });
    req.on('error', reject);
    if (body !== undefined) req.end(body);
    else req.end();
  });
}

export class Polling {
  constructor(base, open) {
    this.base = base;
    this.open = open;
    this.sid = open.sid;
    this.url = `${base}/socket.io/?EIO=4&transport=polling&sid=${open.sid}`;
  }

  static async open(base) {
    const response = await request(`${base}/socket.io/?EIO=4&transport=polling`);
    return new Polling(base, JSON.parse(response.text.slice(1)));
  }

  get() {
    return request(this.url);
  }

  async packets() {
    const response = await this.get();
    if (response.status !== 200) throw new Error(`GET answered ${response.status}: ${response.text}`);
    return response.text.split(SEPARATOR);
  }

  post(body, headers = { 'content-type': 'text/plain;charset=UTF-8' }) {
    return request(this.url, { method: 'POST', headers, body });
  }

  // A GET that can be dropped. When sent is resolved the server holds it: it
  // has answered a request that came on another connection after it.
  hold() {
    const req = http.request(this.url, { agent: false });
    const response = new Promise((resolve) => {
      req.on('response', (res) => {
        let text = '';
        res.on('data', (part) => { text += part; });
        res.on('end', () => resolve({ status: res.statusCode, text }));
      });
    });
    req.on('error', () => {});
    const sent = new Promise((resolve) => req.on('socket', (socket) => socket.on('connect', () => setImmediate(resolve))))
      .then(() => request(`${this.base}/healthz`));
    req.end();
    return { response, sent, drop: () => req.destroy() };
  }
}

// A WebSocket whose messages wait to be taken; closed resolves to the close code.
export class Socket {
  constructor(url, options) {
    this.socket = new WebSocket(url, options);
    this.inbox = new Inbox();
    this.socket.on('message', (data, binary) => this.inbox.put(binary ? data : data.toString()));
    this.socket.on('error', (error) => { this.error = error; });
    this.closed = new Promise((resolve) => this.socket.on('close', resolve));
    this.closed.then(atEnd(() => this.close()));
    this.opened = new Promise((resolve, reject) => {
      this.socket.on('open', resolve);
      this.socket.on('unexpected-response', (req, res) => {
        let text = '';
        res.on('data', (part) => { text += part; });
        res.on('end', () => reject(Object.assign(new Error('refused'), { status: res.statusCode, text })));
      });
    });
    this.opened.catch(() => {});
  }

  // A session by WebSocket from the start; its open packet is taken.
  static async open(base) {
    const socket = new Socket(`${base.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);
    socket.open = JSON.parse((await socket.next()).slice(1));
    return socket;
  }

  // One that tries to take a polling session over.
  static async probe(polling) {
    const socket = new Socket(`${polling.base.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket&sid=${polling.sid}`);
    await socket.opened;
    return socket;
  }

  send(data) {
    this.socket.send(data);
  }

  next() {
    return Promise.race([
      this.inbox.next(),
      this.closed.then((code) => { if (this.inbox.size > 0) return this.inbox.next(); throw new Error(`closed with ${code}`); }),
    ]);
  }

  // The next packet that is no ping.
  async packet() {
    for (;;) {
      const packet = await this.next();
      if (packet !== '2') return packet;
      this.send('3');
    }
  }

  close() {
    this.socket.terminate();
  }
}

// Bytes as they are; resolves to all that came until the server closed, or until the pattern was there.
export function raw(port, text, { until } = {}) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.write(text));
    let received = '';
    socket.on('data', (data) => {
      received += data;
      if (until?.test(received)) socket.destroy();
    });
    socket.on('close', () => resolve(received));
    socket.on('error', reject);
  });
}
