// The official server in the sidecar's place: rooms of tasks, fed by LISTEN.
// node official.js DATABASE_URL; the first line on standard output is the port.

import { createServer } from 'node:http';
import pg from 'pg';
import { Server } from 'socket.io';

const http = createServer();
const io = new Server(http);
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
  namespace.to(`task-${task}`).emit(event, JSON.parse(payload.slice(task.length + event.length + 2)));
});
await db.query('SELECT xlsx.listen()');
http.listen(0, '127.0.0.1', () => console.log(http.address().port));
