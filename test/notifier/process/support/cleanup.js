// What a test leaves running when it fails would keep its process alive, and
// so hide the failure behind a time-out: whatever is started says how it ends.

import { after } from 'node:test';

const endings = new Set();

function endAll() {
  for (const end of endings) end();
  endings.clear();
}

// Returns what takes it back, for things that have ended by themselves.
export function atEnd(end) {
  endings.add(end);
  return () => endings.delete(end);
}

after(endAll);
process.on('SIGTERM', () => {
  endAll();
  process.exit(1);
});
