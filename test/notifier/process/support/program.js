// Programs of others that stand before or behind the sidecar: nginx, Caddy, PgBouncer.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atEnd } from './cleanup.js';
import { request } from './engine.js';

export const NGINX = '/usr/sbin/nginx';

// For a test's skip.
export const missing = (program) => !existsSync(program) && `${program} is not installed`;

// A port that is free now.
export async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

// A program that serves, once it answers; its log is shown when it ends before.
export async function serve(command, args, answers, home = tmpdir()) {
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'], env: { PATH: process.env.PATH, HOME: home, XDG_DATA_HOME: home, XDG_CONFIG_HOME: home } });
  let log = '';
  child.stderr.on('data', (data) => { log += data; });
  child.exited = once(child, 'exit').then(atEnd(() => child.kill('SIGKILL')));
  for (;;) {
    try {
      await answers();
      break;
    } catch {
      if (child.exitCode !== null) throw new Error(log);
    }
  }
  return {
    async stop() {
      child.kill();
      await child.exited;
    },
  };
}

// nginx without TLS: body is what stands in its server block; place: a folder of its own.
export async function plainNginx(place, body) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${place}/${name};`).join(' ');
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, 'nginx.conf'), `daemon off; master_process off; pid ${place}/pid; error_log stderr; events {}
    http { access_log off; ${temporary}
      map $http_upgrade $connection_upgrade { default upgrade; '' ''; }
      server { listen 127.0.0.1:${port}; client_max_body_size 0; proxy_http_version 1.1; proxy_buffering off; proxy_request_buffering off;
        proxy_set_header Host $http_host; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade;
        ${body} } }`);
  const program = await serve(NGINX, ['-c', join(place, 'nginx.conf'), '-p', place], () => request(url));
  return { url, ...program };
}
