import { Ajv } from 'ajv';
import type { ErrorObject, ValidateFunction } from 'ajv';

import { withoutNoise } from './any-of.ts';
import type { Located, Path } from './document.ts';
import type { Problems } from './problems.ts';
import type { RawByName } from './raw.ts';
import { pathOf, report } from './report.ts';
import { dropWrong } from './salvage.ts';
import type { SchemaName } from './schemas.ts';
import { schemas } from './schemas.ts';

export interface Validated<Raw> {
  readonly raw: Raw;
  /** Functions whose entry was wrong and is gone. */
  readonly broken: ReadonlySet<string>;
}

const compiled = new Map<SchemaName, ValidateFunction>();

/**
 * Checks the document's data against its schema, reports what is wrong and drops it from the data (see salvage.ts),
 * with the values at `reported`, which are known to be wrong. Returns `undefined` when nothing sensible is left.
 */
export function validate<Name extends SchemaName>(
  name: Name,
  document: Located,
  problems: Problems,
  reported: readonly Path[] = [],
): Validated<RawByName[Name]> | undefined {
  const { data } = document;
  const known = dropWrong(data, reported);
  const errors = withoutNoise(schemaErrors(name, data));
  for (const error of errors) report(error, document, problems);
  const found = dropWrong(data, errors.map(wrongPath));
  if (schemaErrors(name, data).length > 0) return undefined;
  return { raw: data as RawByName[Name], broken: new Set([...known, ...found]) };
}

/** What the schema says against `data`, without reporting it. */
export function schemaErrors(name: SchemaName, data: unknown): readonly ErrorObject[] {
  const check = compiled.get(name) ?? compile(name);
  return check(data) ? [] : (check.errors ?? []);
}

function compile(name: SchemaName): ValidateFunction {
  const ajv = new Ajv({
    allErrors: true,
    // Puts the schema and the data into each error.
    verbose: true,
    strictTypes: false,
    // A unit test checks the schemas themselves; here that would cost most of the start.
    validateSchema: false,
    meta: false,
    // Checking a few small files faster does not make up for the time that making the code shorter takes.
    code: { optimize: false },
  });
  const check = ajv.compile(schemas[name]);
  compiled.set(name, check);
  return check;
}

/** The value, or the key, that the error is about. */
function wrongPath({ instancePath, params, propertyName }: ErrorObject): Path {
  const names = params as { readonly additionalProperty?: string; readonly propertyName?: string };
  const key = names.additionalProperty ?? names.propertyName ?? propertyName;
  return key === undefined ? pathOf(instancePath) : [...pathOf(instancePath), key];
}
