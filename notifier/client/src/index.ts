export * from './api.js';
export * from './estimate.js';
export * from './events.js';
export * from './live.js';
export * from './own.js';
export * from './progress.js';
export * from './schema.js';
export { sharedSocket } from './shared_socket.js';
export * from './types.js';
