import { readdirSync, readFileSync } from 'node:fs';

import { FaasoError } from '../../core/errors.ts';
import { printLines } from '../render/print.ts';
import { SCHEMA_NAMES } from '../verb.ts';
import type { Call } from '../verb.ts';

/** Schemas of answers are made from types, which are gone once compiled. The same path holds from `src` and `dist`. */
const PUBLISHED = new URL('../../../schemas/', import.meta.url);

/** `faaso schema [NAME]`: JSON in any case, laid out for people. */
export async function run(call: Call): Promise<number> {
  const [given = 'functions'] = call.args;
  const file = SCHEMA_NAMES.find((item) => item === given);
  const schema = file === undefined ? answerSchema(given) : await call.backend.schema(file);
  printLines(call.io, [JSON.stringify(schema, null, 2)]);
  return 0;
}

function answerSchema(given: string): unknown {
  const file = `${given.replaceAll(' ', '-')}.json`;
  if (!readdirSync(PUBLISHED).includes(file)) {
    throw new FaasoError('usage', `no schema "${given}"`, {
      hint: `there are ${SCHEMA_NAMES.join(', ')}, error, and one for each verb: faaso schema status`,
    });
  }
  return JSON.parse(readFileSync(new URL(file, PUBLISHED), 'utf8'));
}
