import { readdirSync, readFileSync } from 'node:fs';

import { Ajv } from 'ajv';
import type { ValidateFunction } from 'ajv';

const FOLDER = new URL('../../../schemas/', import.meta.url);

/** The published schema of a verb's answer; here a key that it does not name is wrong too. */
export function strictSchema(name: string): ValidateFunction {
  const file = `${name.replaceAll(' ', '-')}.json`;
  if (!readdirSync(FOLDER).includes(file)) throw new Error(`schemas/${file} is missing`);
  const schema = JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as object;
  return new Ajv({ allErrors: false, allowUnionTypes: true }).compile(closed(schema) as object);
}

function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== 'object' || value === null) return value;
  const inner = Object.fromEntries(Object.entries(value).map(([key, item]) => [key, closed(item)]));
  return 'properties' in inner && inner['type'] === 'object'
    ? { additionalProperties: false, ...inner }
    : inner;
}
