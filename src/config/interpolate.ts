import { isCredential, isInAuth } from './credentials.ts';
import type { Located, Path } from './document.ts';
import type { Problems } from './problems.ts';
import type { Lookup } from './variables.ts';
import { substitute } from './variables.ts';

/** A text that is a variable and nothing else gives nothing away. */
const VARIABLE = /^\$\{[A-Za-z_]\w*\}$/;

/** A document's data after substitution. */
export interface Interpolated {
  readonly data: unknown;
  /** JSON pointers of the texts that had a variable in them. */
  readonly pointers: ReadonlySet<string>;
  /** Where a problem was reported. */
  readonly failed: readonly Path[];
}

/**
 * Replaces variables in the texts of parsed data, so that a value can never become YAML. Keys stay as they are.
 * Returns a copy.
 */
export function interpolate(document: Located, lookup: Lookup, problems: Problems): Interpolated {
  const pointers = new Set<string>();
  const failed: Path[] = [];

  const visit = (value: unknown, path: Path): unknown => {
    if (typeof value === 'string') return text(value, path);
    if (Array.isArray(value)) return value.map((item, index) => visit(item, [...path, String(index)]));
    if (typeof value !== 'object' || value === null) return value;
    const copy = Object.create(null) as Record<string, unknown>;
    for (const [key, item] of Object.entries(value)) copy[key] = visit(item, [...path, key]);
    return copy;
  };

  const text = (value: string, path: Path): string => {
    if (!value.includes('$')) return value;
    const result = substitute(value, lookup);
    if ('problem' in result && isInAuth(path) && isCredential(value) && !VARIABLE.test(value)) {
      problems.hide(value);
      problems.error(document.value(path), 'a hash as faaso hash prints it has no "$"');
      failed.push(path);
      return value;
    }
    if ('problem' in result) {
      problems.error(document.part(path, result.problem.words), result.problem.message);
      failed.push(path);
      return value;
    }
    if (result.text.includes('\0')) {
      problems.error(document.value(path), 'a variable has a NUL character');
      failed.push(path);
    }
    pointers.add(pointerOf(path));
    return result.text;
  };

  return { data: visit(document.data, []), pointers, failed };
}

/** Whether any text of the data may have a variable in it: without one, `.env` is not read. */
export function hasVariables(data: unknown): boolean {
  if (typeof data === 'string') return data.includes('$');
  return typeof data === 'object' && data !== null && Object.values(data).some(hasVariables);
}

function pointerOf(path: Path): string {
  return path.map((step) => `/${step.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
