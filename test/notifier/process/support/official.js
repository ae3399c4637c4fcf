// The official server with the sidecar's settings, in this process. Its behaviour is
// the standard for the sidecar.

import { createServer } from 'node:http';
import { once } from 'node:events';
import { Server } from 'socket.io';
import { atEnd } from './cleanup.js';

const UNITS = { ms: 1, s: 1000, min: 60000, h: 3600000 };

function milliseconds(text) {
  const [, number, unit] = text.match(/^(\d+)([a-z]+)$/);
  return Number(number) * UNITS[unit];
}

const OPTIONS = {
  'ping-interval': ['pingInterval', milliseconds],
  'ping-timeout': ['pingTimeout', milliseconds],
  'connect-timeout': ['connectTimeout', milliseconds],
  'upgrade-timeout': ['upgradeTimeout', milliseconds],
  'max-payload': ['maxHttpBufferSize', Number],
};

export class Official {
  static async start(settings = {}) {
    const options = { cors: { origin: '*' } };
    for (const [name, value] of Object.entries(settings)) {
      if (name === 'cors-origin') continue; // it has *
      const [option, convert] = OPTIONS[name];
      options[option] = convert(value);
    }
    const official = new Official();
    official.http = createServer((request, response) => response.writeHead(404).end());
    official.io = new Server(official.http, options);
    official.io.of('/upload-xlsx');
    official.http.listen(0, '127.0.0.1');
    await once(official.http, 'listening');
    official.port = official.http.address().port;
    official.url = `http://127.0.0.1:${official.port}`;
    official.ended = atEnd(() => official.#end());
    return official;
  }

  #end() {
    this.io.disconnectSockets(true);
    this.io.engine.close();
    this.http.close();
    this.http.closeAllConnections();
  }

  async stop() {
    this.ended();
    this.#end();
  }
}
