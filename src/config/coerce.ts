import type { Interpolated } from './interpolate.ts';
import { pathOf } from './report.ts';
import { schemaErrors } from './validate.ts';

/**
 * A variable's value is text: where the schema of functions.yml wants a number or a boolean and the text reads as
 * one, it becomes one. `port: ${PORT}` works, and `env` values stay text. Changes the data in place.
 */
export function coerceVariables({ data, pointers }: Interpolated): void {
  if (pointers.size === 0) return;
  for (const error of schemaErrors('functions', data)) {
    if (error.keyword !== 'type' || !pointers.has(error.instancePath)) continue;
    const wanted = [error.params['type'] as string | string[]].flat();
    const value = scalar(String(error.data), wanted);
    if (value !== undefined) assign(data, pathOf(error.instancePath), value);
  }
}

function scalar(text: string, wanted: readonly string[]): number | boolean | undefined {
  const isNumber = wanted.includes('number') || wanted.includes('integer');
  if (isNumber && /^-?[0-9]{1,15}(?:\.[0-9]{1,15})?$/.test(text)) return Number(text);
  if (wanted.includes('boolean') && (text === 'true' || text === 'false')) return text === 'true';
  return undefined;
}

function assign(data: unknown, path: readonly string[], value: unknown): void {
  let parent = data as Record<string, unknown>;
  for (const step of path.slice(0, -1)) parent = parent[step] as Record<string, unknown>;
  const last = path.at(-1);
  if (last !== undefined) parent[last] = value;
}
