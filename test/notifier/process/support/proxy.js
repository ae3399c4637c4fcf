// A TCP proxy in front of the database that simulates faults of a network: it cuts, resets,
// becomes silent while it still acknowledges, delays and refuses.

import net from 'node:net';
import { once } from 'node:events';
import { atEnd } from './cleanup.js';

// One that is being shut down cannot be reset: Node would never close it, and turn round and round.
const reset = (socket) => (socket.writableEnded ? socket.destroy() : socket.resetAndDestroy());

class Link {
  constructor(proxy, client, server) {
    Object.assign(this, { proxy, client, server, silent: proxy.newOnesSilent });
    this.#forward(client, server);
    this.#forward(server, client);
  }

  // What comes is always read, so that the kernel acknowledges it; silent, it goes nowhere.
  #forward(from, to) {
    let last = Promise.resolve();
    from.on('data', (data) => {
      if (this.silent) return;
      if (this.proxy.latency === 0) {
        to.write(data);
        return;
      }
      const due = new Promise((resolve) => setTimeout(resolve, this.proxy.latency));
      last = last.then(() => due).then(() => { if (!this.silent && !to.destroyed) to.write(data); });
    });
    from.on('error', () => {});
    from.on('close', () => { if (!this.silent) to.destroy(); this.#gone(); });
  }

  // The other end of a silent link never hears that it has ended.
  #gone() {
    if (this.client.destroyed) {
      this.server.destroy();
      this.proxy.links.delete(this);
    }
  }

  end(how) {
    this.silent = false;
    if (how === 'reset') {
      reset(this.client);
      reset(this.server);
    } else {
      this.client.destroy();
      this.server.destroy();
    }
  }
}

export class Proxy {
  links = new Set();
  latency = 0;
  newOnesSilent = false;
  accepted = 0;

  // env: that of a cluster, with PGHOST and PGPORT.
  static async start(env) {
    const proxy = new Proxy();
    proxy.target = { host: env.PGHOST, port: Number(env.PGPORT) };
    await proxy.accept();
    atEnd(() => proxy.close());
    return proxy;
  }

  // A database's address by way of this proxy.
  through(url) {
    const address = new URL(url);
    address.host = `127.0.0.1:${this.port}`;
    return address.href;
  }

  #take(client) {
    this.accepted++;
    const server = net.connect(this.target);
    this.links.add(new Link(this, client, server));
  }

  // Connections are refused until accept(); those that there are stay.
  async refuse() {
    const server = this.server;
    this.server = undefined;
    if (!server) return;
    server.close();
  }

  async accept() {
    if (this.server) return;
    this.server = net.createServer((client) => this.#take(client));
    this.server.listen(this.port ?? 0, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = this.server.address().port;
  }

  // All that there are end, as by a FIN.
  cut() {
    for (const link of [...this.links]) link.end('cut');
  }

  reset() {
    for (const link of [...this.links]) link.end('reset');
  }

  // Those that there are carry nothing any more, for ever; new ones do, unless they are to be silent as well, until speak().
  silence({ newOnes = false } = {}) {
    this.newOnesSilent = newOnes;
    for (const link of this.links) link.silent = true;
  }

  // New ones carry again.
  speak() {
    this.newOnesSilent = false;
  }

  // Everything that goes through waits so many milliseconds.
  delay(ms) {
    this.latency = ms;
  }

  // As at the start: those that are silent end, and new ones carry.
  async restore() {
    this.speak();
    this.delay(0);
    for (const link of [...this.links]) if (link.silent) link.end('cut');
    if (!this.server) await this.accept();
  }

  close() {
    this.refuse();
    for (const link of [...this.links]) link.end('cut');
  }
}
