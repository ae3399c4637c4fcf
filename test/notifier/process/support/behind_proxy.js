// A sidecar whose database is behind a proxy that simulates faults (proxy.js). Each test begins when both work.

import { after, before, beforeEach } from 'node:test';
import { Database } from './cluster.js';
import { request } from './engine.js';
import { Notifier } from './notifier.js';
import { Proxy } from './proxy.js';

class Setting {
  // Starts a sidecar in place of one that has ended, on its port if it is given.
  async serve(settings = {}) {
    this.server = await Notifier.start({ 'database-url': this.proxy.through(this.db.url), 'ping-interval': '1h', ...settings });
  }

  // Asks /readyz until it answers so; resolves to the milliseconds that it took.
  async ready(status, url = this.server.url) {
    const begin = performance.now();
    while ((await request(`${url}/readyz`)).status !== status) await new Promise((resolve) => setTimeout(resolve, 20));
    return performance.now() - begin;
  }

  // Until connections that carry have answered both questions since now. A sidecar that has not missed an answer yet is ready
  // as well, although its connections are dead.
  async settled() {
    await this.proxy.restore();
    const since = await this.db.query('SELECT clock_timestamp()');
    while (await this.db.query(`SELECT count(DISTINCT query) FROM pg_stat_activity
      WHERE datname = current_database() AND state = 'idle' AND query_start > '${since}' AND (${questions})`) !== '2');
    await this.ready(200);
  }

  // The database refuses connections, and the sidecar knows it.
  async away() {
    await this.proxy.refuse();
    this.proxy.reset();
    await this.ready(503);
  }
}

// What the sidecar asks again and again: by a connection of the pool, and by the one that listens.
const questions = "query LIKE 'SELECT pg_catalog.pg_is_in_recovery()%' OR query = 'SELECT xlsx.listen()'";

// prepare: called with the setting when all is there.
export function behindProxy({ prepare } = {}) {
  const at = new Setting();
  before(async () => {
    at.db = await Database.create();
    at.proxy = await Proxy.start(at.db.env);
    await at.serve();
    await prepare?.(at);
  });
  after(async () => {
    await at.server.stop();
    at.proxy.close();
    await at.db.drop();
  });
  beforeEach(() => at.settled());
  return at;
}
