// The official server in the sidecar's place: rooms of tasks, fed by LISTEN.
// node official.js DATABASE_URL; the first line on standard output is the port.

import { createServer } from 'node:http';
import pg from 'pg';
import { Server } from 'socket.io';

const streams = new Map();       // answers by task

const http = createServer((request, response) => {
  const [, task] = request.url.match(/\/tasks\/(\d+)\/events/) ?? [];
  if (!task) return;
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write('retry: 1000\n\n');
  const all = streams.get(task) ?? streams.set(task, new Set()).get(task);
  all.add(response);
  response.on('close', () => all.delete(response));
});
const io = new Server(http, { pingInterval: Number(process.argv[3]) });
const namespace = io.of('/upload-xlsx');

namespace.on('connection', (socket) => {
  socket.on('join-task', ({ taskId }) => {
    socket.join(`task-${taskId}`);
    socket.emit('joined-task', { taskId });
  });
});

const db = new pg.Client(process.argv[2]);
await db.connect();
db.on('notification', ({ payload }) => {
  const [task, event] = payload.split(' ', 2);
  const json = payload.slice(task.length + event.length + 2);
  const data = JSON.parse(json);
  namespace.to(`task-${task}`).emit(event, data);
  for (const response of streams.get(task) ?? []) response.write(`id: ${data.seq}\nevent: ${event}\ndata: ${json}\n\n`);
});
await db.query('SELECT xlsx.listen()');
http.listen(0, '127.0.0.1', () => console.log(http.address().port));
