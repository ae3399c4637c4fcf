// Part of the build: the schemas as a file, for users of other languages.

import { writeFileSync } from 'node:fs';
import { schema } from './dist/schema.js';

writeFileSync(new URL('./dist/schema.json', import.meta.url), `${JSON.stringify(schema, null, 2)}\n`);
