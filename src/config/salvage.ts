import type { Path } from './document.ts';

/**
 * Drops the wrong parts of a file's data (changed in place), so that what is left can be checked further and all
 * problems come at once. Goes with a whole route or function, because half of one would only lead to more errors;
 * else with a whole top-level key. Returns the functions whose entries went.
 */
export function dropWrong(data: unknown, wrong: readonly Path[]): ReadonlySet<string> {
  const functions = new Set<string>();
  for (const path of wrong) {
    const [top, name] = path;
    drop(data, path.slice(0, top === 'functions' || top === 'routes' ? 2 : 1));
    if (top === 'functions' && name !== undefined) functions.add(name);
  }
  return functions;
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
