import { fileURLToPath } from 'node:url';

import { schemas } from '../../src/config/schemas.ts';
import { TypeSchemas } from './type-schema.ts';
import type { Schema } from './type-schema.ts';

const ANSWERS = fileURLToPath(new URL('../../src/cli/verb-answers.ts', import.meta.url));

/** What `schemas/` holds: file name → its text. */
export async function publishedSchemas(): Promise<ReadonlyMap<string, string>> {
  const answers = await new TypeSchemas().ofProperties(ANSWERS, 'VerbAnswers');
  const all: (readonly [string, Schema])[] = Object.entries(schemas);
  for (const [name, schema] of answers) {
    const title = name === 'error' ? 'an error with --json' : `faaso ${name.replace('-', ' ')} --json`;
    all.push([name, { $schema: 'http://json-schema.org/draft-07/schema#', title, ...schema }]);
  }
  return new Map(all.map(([name, schema]) => [`${name}.json`, `${JSON.stringify(schema, null, 2)}\n`]));
}
