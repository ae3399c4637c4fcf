// The tests of the sidecar: node run.js [FILE...]

import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runSuite } from './support/suite.js';

process.exit(await runSuite(dirname(fileURLToPath(import.meta.url)), process.argv.slice(2), 'max_connections = 200\nmax_worker_processes = 32'));
