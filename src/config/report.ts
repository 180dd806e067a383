import type { ErrorObject, SchemaObject } from 'ajv';

import { credentialsIn, credentialWords, isCredential, isInAuth } from './credentials.ts';
import type { Located, Path } from './document.ts';
import type { Problems } from './problems.ts';
import { PATTERN_WORDS } from './schema-parts.ts';
import { quoted } from './source.ts';
import { closest } from './suggest.ts';
import { DURATION_PATTERN } from './units.ts';

/** Words of the design whose feature does not exist yet. */
const LATER = new Set(['caddy', 'protocol', 'schedule']);

const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping',
};

/** Reports one error of a schema in the user's words, where it is in the file. */
export function report(error: ErrorObject, document: Located, problems: Problems): void {
  // Said by the error `propertyNames` itself, which follows.
  if (error.propertyName !== undefined) return;
  const path = pathOf(error.instancePath);
  if (isInAuth(path)) hideCredentials(path, error, document, problems);
  if (problems.isFull) {
    problems.countError();
    return;
  }
  const params = error.params as Readonly<Record<string, unknown>>;
  const schema = error.parentSchema as SchemaObject;
  const key = (name: unknown): Path => [...path, String(name)];

  switch (error.keyword) {
    case 'additionalProperties': {
      const name = String(params['additionalProperty']);
      if (LATER.has(name)) {
        problems.error(document.key(key(name)), `key ${quoted(name)} is not supported by this version`);
        return;
      }
      const known = Object.keys(schema['properties'] as object);
      const suggestion = closest(name, known);
      const help = suggestion === undefined ? `; expected ${list(known, 'or')}` : '';
      problems.error(document.key(key(name)), `unknown key ${quoted(name)}${help}`, suggestion);
      return;
    }
    case 'propertyNames': {
      const name = String(params['propertyName']);
      const rule = schema['propertyNames'] as SchemaObject;
      problems.error(
        document.key(key(name)),
        `${quoted(name)} must be ${patternWords(rule) ?? 'shorter'}`,
        otherCase({ ...error, data: name, parentSchema: rule }),
      );
      return;
    }
    case 'required':
      problems.error(
        document.key(path),
        `${subject(path)} has no ${quoted(String(params['missingProperty']))}`,
      );
      return;
    case 'enum':
      reportChoice(path, error, document, problems);
      return;
    case 'type':
    case 'anyOf':
      reportType(path, error, document, problems);
      return;
    case 'uniqueItems': {
      const index = String(Math.max(Number(params['i']), Number(params['j'])));
      problems.error(
        document.value(key(index)),
        `${subject(path)} has ${found(itemOf(error.data, index))} twice`,
      );
      return;
    }
    default:
      problems.error(
        document.value(path),
        `${scalarSubject(path, error.data)} ${broken(path, error)}`,
        otherCase(error),
      );
  }
}

function hideCredentials(path: Path, { data }: ErrorObject, document: Located, problems: Problems): void {
  for (const text of credentialsIn(data)) problems.hide(text);
  // As the file has it, with its quotes and escapes.
  const at = isCredential(data) ? document.value(path)() : undefined;
  if (at !== undefined && 'source' in at) problems.hide(at.source.text.slice(at.range.start, at.range.end));
}

/** A JSON pointer as a path. */
export function pathOf(pointer: string): Path {
  return pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function reportChoice(path: Path, error: ErrorObject, document: Located, problems: Problems): void {
  const word = typeof error.data === 'string' ? error.data : '';
  if (LATER.has(word)) {
    problems.error(document.value(path), `${subject(path)} ${quoted(word)} is not supported by this version`);
    return;
  }
  const allowed = (error.params['allowedValues'] as unknown[]).map(String);
  const message = `${subject(path)} must be ${list(allowed.map(quoted), 'or')}, not ${found(error.data)}`;
  problems.error(document.value(path), message, closest(word, allowed));
}

function reportType(path: Path, error: ErrorObject, document: Located, problems: Problems): void {
  const { data } = error;
  const schema = error.parentSchema as SchemaObject;
  const expected = expectation(schema);
  if (data === null) {
    const empty = fits(schema, '') ? ', "" if it is meant to be empty' : '';
    problems.error(document.value(path), `${subject(path)} has no value; expected ${expected}${empty}`);
    return;
  }
  if (isInAuth(path) && isCredential(data)) {
    problems.error(document.value(path), `${subject(path)} must be ${expected}${butIs(path, schema, data)}`);
    return;
  }
  const isScalar = typeof data === 'number' || typeof data === 'boolean';
  const written = isScalar ? (document.written(path) ?? String(data)) : '';
  if (isScalar && schema['pattern'] === DURATION_PATTERN) {
    const message = `${subject(path)} must be ${expected}, not the number ${written}`;
    problems.error(document.value(path), message, `${written}s`);
    return;
  }
  const hint = isScalar && fits(schema, written) ? `; quote it: ${quoted(written)}` : '';
  problems.error(
    document.value(path),
    `${subject(path)} must be ${expected}, not ${found(data, written)}${hint}`,
  );
}

/** What is wrong where one value alone breaks a rule. */
function broken(path: Path, error: ErrorObject): string {
  const params = error.params as Readonly<Record<string, unknown>>;
  const schema = error.parentSchema as SchemaObject;
  switch (error.keyword) {
    case 'pattern':
      return `must be ${patternWords(schema) ?? 'different'}${butIs(path, schema, error.data)}`;
    case 'minimum':
      return `must be at least ${String(params['limit'])}`;
    case 'maximum':
      return `must be at most ${String(params['limit'])}`;
    case 'minItems':
    case 'minLength':
      return 'must not be empty';
    case 'maxLength':
      return `must have at most ${String(params['limit'])} characters`;
    default:
      return error.message ?? 'is wrong';
  }
}

/** Whether `text` as a text would do. */
function fits(schema: SchemaObject, text: string): boolean {
  const pattern = schema['pattern'] as string | undefined;
  return schema['type'] === 'string' && (pattern === undefined || new RegExp(pattern, 'u').test(text));
}

/** The same text in the case that the pattern wants, or with the dashes, when only that was wrong. */
function otherCase({ data, parentSchema }: Pick<ErrorObject, 'data' | 'parentSchema'>): string | undefined {
  const pattern = (parentSchema as SchemaObject)['pattern'] as string | undefined;
  if (typeof data !== 'string' || pattern === undefined || data.length > 63) return undefined;
  const lower = data.toLowerCase();
  return [lower, data.toUpperCase(), lower.replaceAll('_', '-')].find(
    (text) => text !== data && new RegExp(pattern, 'u').test(text),
  );
}

function expectation(schema: SchemaObject): string {
  const choices = schema['anyOf'] as SchemaObject[] | undefined;
  if (choices !== undefined) return list(choices.map(typeWords), 'or');
  return patternWords(schema) ?? `${typeWords(schema)}${exampleWords(schema)}`;
}

/** ` such as …` for a list or mapping of which the schema has an example. */
function exampleWords({ examples }: SchemaObject): string {
  const example = (examples as readonly unknown[] | undefined)?.[0];
  return typeof example === 'object' ? ` such as ${flow(example)}` : '';
}

/** Data as one would write it in YAML on one line. */
function flow(data: unknown): string {
  if (Array.isArray(data)) return `[${data.map(flow).join(', ')}]`;
  if (typeof data === 'object' && data !== null)
    return `{ ${Object.entries(data)
      .map(([key, value]) => `${key}: ${flow(value)}`)
      .join(', ')} }`;
  const isPlain = typeof data === 'string' && /^(?![\d.]+$)[\w./][\w./*:-]*(?<!:)$/.test(data);
  return isPlain ? data : JSON.stringify(data);
}

function typeWords(schema: SchemaObject): string {
  const types = [schema['type'] as string | string[]].flat().filter((type) => type !== 'null');
  return list(
    types.map((type) => TYPE_WORDS[type] ?? type),
    'or',
  );
}

function patternWords(schema: SchemaObject): string | undefined {
  const pattern = schema['pattern'] as string | undefined;
  return pattern === undefined ? undefined : PATTERN_WORDS.get(pattern);
}

/** What a path is about, as the user would name it: its key, or which item of which list. */
export function subject(path: Path): string {
  const last = path.at(-1);
  if (last === undefined) return 'the file';
  if (/^\d+$/.test(last) && path.length > 1) return `${subject(path.slice(0, -1))}[${last}]`;
  return last.length > 80 ? quoted(last) : last.replace(/[^!-~]/g, '\ufffd');
}

/** As {@link subject}; the text of a route's short form is not about the path that it stands at. */
function scalarSubject(path: Path, data: unknown): string {
  const isTarget = path.length === 2 && path[0] === 'routes' && typeof data === 'string';
  return isTarget ? `the function of ${subject(path)}` : subject(path);
}

function found(data: unknown, written?: string): string {
  if (typeof data === 'string') return data === '' ? 'an empty text' : quoted(data);
  if (data === null) return 'nothing';
  if (Array.isArray(data)) return 'a list';
  if (typeof data === 'number' || typeof data === 'boolean') return written ?? String(data);
  return 'a mapping';
}

/** What there is instead; never a key or a password. */
function butIs(path: Path, { pattern }: SchemaObject, data: unknown): string {
  if (!isInAuth(path) || !isCredential(data)) return `, not ${found(data)}`;
  const words = data === '' ? undefined : credentialWords(pattern, subject(path), data);
  return words === undefined ? `, not ${data === '' ? 'an empty text' : 'a text'}` : `; ${words}`;
}

function itemOf(data: unknown, index: string): unknown {
  return Array.isArray(data) ? (data[Number(index)] as unknown) : undefined;
}

/** `a, b or c`. */
function list(words: readonly string[], last: 'or' | 'and'): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} ${last} ${words.at(-1) ?? ''}`;
}
