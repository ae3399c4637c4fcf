// The AsyncAPI 3 document of all events, made of the schemas: notifier/asyncapi.json.

const SUMMARIES = {
  'join-task': 'Join the room of a task. The state of the task follows.',
  'leave-task': 'Leave the room of a task.',
  auth: 'Give a fresh token on the open connection.',
  'joined-task': 'The room is joined; also the acknowledgement of join-task.',
  'left-task': 'The room is left; also the acknowledgement of leave-task.',
  'task-progress': 'How far a task is.',
  'task-completed': 'The task ended as COMPLETED or HAS_ERRORS.',
  'task-failed': 'The task ended as FAILED or CANCELLED.',
  'task-undone': 'The rows of the task were undone; this is the task now.',
  'task-deleted': 'The task was deleted. Its room is left.',
  'workbook-loading': 'The workbook is opened.',
  'header-validation': 'The headers are compared.',
  'processing-completed': 'All rows are saved; the end follows.',
  'token-expiring': 'The token expires in a minute.',
  exception: 'A request could not be fulfilled, or a right was lost.',
};

const FROM_CLIENT = ['join-task', 'leave-task', 'auth'];
const SOCKETIO_ONLY = [...FROM_CLIENT, 'joined-task', 'left-task'];
const TASK = { taskId: { description: 'The task' } };

const CHANNELS = {
  socketio: {
    address: '/upload-xlsx',
    title: 'Socket.IO',
    description: 'The namespace, below the path /socket.io/: Engine.IO 4, Socket.IO 5, by polling and WebSocket. Events of a task go to those who joined its room.',
    servers: [{ $ref: '#/servers/socketio' }],
    knows: () => true,
  },
  taskEvents: {
    address: '/upload-xlsx/tasks/{taskId}/events',
    title: 'Server-sent events of one task',
    description: 'event is the name, data the JSON, id the number (seq). The stream ends with the task.',
    servers: [{ $ref: '#/servers/http' }],
    parameters: TASK,
    knows: (name) => !SOCKETIO_ONLY.includes(name),
  },
  events: {
    address: '/upload-xlsx/tasks/events',
    title: 'Server-sent events of many tasks',
    description: 'Those named in ?ids=1,2, or all of the caller. id is opaque.',
    servers: [{ $ref: '#/servers/http' }],
    knows: (name) => !SOCKETIO_ONLY.includes(name),
  },
};

/* Schemas refer to each other as #/$defs/…. */
const moved = (node) => JSON.parse(JSON.stringify(node).replaceAll('#/$defs/', '#/components/schemas/'));
const references = (names, place) => Object.fromEntries(names.map((name) => [name, { $ref: `${place}/${name}` }]));

function operation(action, channel, names) {
  return {
    action,
    channel: { $ref: `#/channels/${channel}` },
    messages: names.map((name) => ({ $ref: `#/channels/${channel}/messages/${name}` })),
  };
}

export function asyncapi(schema) {
  const names = Object.keys(SUMMARIES);
  const channels = {};
  const operations = {};
  for (const [key, { knows, ...channel }] of Object.entries(CHANNELS)) {
    const messages = names.filter(knows);
    channels[key] = { ...channel, messages: references(messages, '#/components/messages') };
    const [taken, sent] = [messages.filter((name) => FROM_CLIENT.includes(name)), messages.filter((name) => !FROM_CLIENT.includes(name))];
    if (taken.length > 0) operations[`${key}Take`] = { ...operation('receive', key, taken), summary: 'What the sidecar takes' };
    operations[`${key}Send`] = { ...operation('send', key, sent), summary: 'What the sidecar sends' };
  }
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'pg_xlsx: events',
      version: '1.0',
      description: 'What happens to tasks, by Socket.IO and as server-sent events. REST is described in openapi.json beside this document.',
    },
    defaultContentType: 'application/json',
    servers: {
      socketio: { host: '127.0.0.1:8080', pathname: '/socket.io/', protocol: 'ws', description: 'The sidecar; wss with TLS' },
      http: { host: '127.0.0.1:8080', protocol: 'http', description: 'The sidecar; https with TLS' },
    },
    channels,
    operations,
    components: {
      messages: Object.fromEntries(names.map((name) => [name, { name, title: name, summary: SUMMARIES[name], payload: { $ref: `#/components/schemas/${name}` } }])),
      schemas: moved(schema.$defs),
    },
  };
}
