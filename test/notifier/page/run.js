// The tests of the page: node run.js [FILE...]

import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runSuite } from '../process/support/suite.js';

process.exit(await runSuite(dirname(fileURLToPath(import.meta.url)), process.argv.slice(2), 'max_connections = 100\nmax_worker_processes = 24'));
