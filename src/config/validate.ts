import { Ajv } from 'ajv';
import type { ErrorObject, ValidateFunction } from 'ajv';

import { withoutNoise } from './any-of.ts';
import type { Path, YamlDocument } from './document.ts';
import type { Problems } from './problems.ts';
import type { RawByName } from './raw.ts';
import { pathOf, report } from './report.ts';
import type { SchemaName } from './schemas.ts';
import { schemas } from './schemas.ts';

export interface Validated<Raw> {
  readonly raw: Raw;
  /** Functions whose entry was dropped. */
  readonly broken: ReadonlySet<string>;
}

const compiled = new Map<SchemaName, ValidateFunction>();

/**
 * Checks the document's data against its schema and reports what is wrong. Wrong parts are then dropped from the
 * data (changed in place), so that the rest can be checked further and all problems come at once. Returns
 * `undefined` when nothing sensible is left.
 */
export function validate<Name extends SchemaName>(
  name: Name,
  document: YamlDocument,
  problems: Problems,
): Validated<RawByName[Name]> | undefined {
  const { data } = document;
  const broken = new Set<string>();
  for (const error of withoutNoise(schemaErrors(name, data))) {
    report(error, document, problems);
    const path = wrongPart(error);
    drop(data, path);
    if (path[0] === 'functions' && path[1] !== undefined) broken.add(path[1]);
  }
  return schemaErrors(name, data).length === 0 ? { raw: data as RawByName[Name], broken } : undefined;
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
  });
  const check = ajv.compile(schemas[name]);
  compiled.set(name, check);
  return check;
}

/** The part to drop: a whole route or function, because half of one would only lead to more errors; else a top-level key. */
function wrongPart(error: ErrorObject): Path {
  const { additionalProperty } = error.params as { readonly additionalProperty?: string };
  const key =
    additionalProperty ??
    error.propertyName ??
    (error.params as { readonly propertyName?: string }).propertyName;
  const path = key === undefined ? pathOf(error.instancePath) : [...pathOf(error.instancePath), key];
  return path.slice(0, path[0] === 'functions' || path[0] === 'routes' ? 2 : 1);
}

function drop(data: unknown, path: Path): void {
  const last = path.at(-1);
  let parent = data;
  for (const step of path.slice(0, -1)) parent = isMapping(parent) ? parent[step] : undefined;
  if (last !== undefined && isMapping(parent)) delete parent[last];
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
