import { FaasoError } from '../../core/errors.ts';
import { printLines } from '../render/print.ts';
import { SCHEMA_NAMES } from '../verb.ts';
import type { Call } from '../verb.ts';

/** `faaso schema [FILE]`: JSON in any case, laid out for people. */
export async function run(call: Call): Promise<number> {
  const [given = 'functions'] = call.args;
  const name = SCHEMA_NAMES.find((item) => item === given);
  if (name === undefined) {
    throw new FaasoError('usage', `no schema "${given}"`, { hint: `there are ${SCHEMA_NAMES.join(', ')}` });
  }
  printLines(call.io, [JSON.stringify(await call.backend.schema(name), null, 2)]);
  return 0;
}
