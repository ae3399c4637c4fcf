// A process that a failed test leaves running would keep the test's process alive, and
// so hide the failure behind a time-out. So each helper that starts something registers how to end it.

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
