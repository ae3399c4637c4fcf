// Part of the build: the schemas as a file, for users of other languages, and the AsyncAPI document that the sidecar serves.

import { writeFileSync } from 'node:fs';
import { asyncapi } from './asyncapi.js';
import { schema } from './dist/schema.js';

writeFileSync(new URL('./dist/schema.json', import.meta.url), `${JSON.stringify(schema, null, 2)}\n`);
writeFileSync(new URL('../asyncapi.json', import.meta.url), `${JSON.stringify(asyncapi(schema), null, 1)}\n`);
