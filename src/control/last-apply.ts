/** Which functions failed in the last apply that tried them: `.faaso/state/last-apply.json`. What runs may well be fine. */
import { readFile } from 'node:fs/promises';

import type { Outcome } from '../core/events.ts';
import type { FunctionName } from '../core/names.ts';
import type { ProjectPaths } from '../core/paths.ts';
import type { FailedFunction } from '../core/state.ts';
import { writeFileAtomic } from '../files/atomic.ts';
import { prepareHome } from '../files/home.ts';
import type { RunAction } from './api.ts';

/** Sorted by function. Nothing that is decided depends on it: a file that cannot be read says nothing. */
export async function failedApplies({
  lastApply,
}: Pick<ProjectPaths, 'lastApply'>): Promise<readonly FailedFunction[]> {
  try {
    const data: unknown = JSON.parse(await readFile(lastApply, 'utf8'));
    return Array.isArray(data) ? data.filter(isFailedFunction) : [];
  } catch {
    return [];
  }
}

/**
 * Notes what failed in an apply, and forgets what has succeeded since; a rollback that succeeds deals with a failure
 * too. Rejects where the file cannot be written.
 */
export async function noteRun(
  paths: ProjectPaths,
  action: RunAction,
  outcomes: ReadonlyMap<FunctionName, Outcome>,
): Promise<void> {
  if (action.kind !== 'apply' && action.kind !== 'rollback') return;
  const before = await failedApplies(paths);
  const failed = new Map(before.map((item) => [item.function, item]));
  // What a whole apply has not tried is neither in the files nor applied any more.
  if (action.kind === 'apply' && action.names.length === 0)
    for (const name of failed.keys()) if (!outcomes.has(name)) failed.delete(name);
  for (const [name, outcome] of outcomes) {
    if (outcome.kind !== 'failed') failed.delete(name);
    // Whoever cancelled it knows.
    else if (action.kind === 'apply' && outcome.error.code !== 'interrupted') {
      const { step, error } = outcome;
      const at = new Date().toISOString();
      failed.set(name, { function: name, at, step, message: error.message });
    }
  }
  if (before.length === 0 && failed.size === 0) return;
  const sorted = [...failed.values()].sort((a, b) => (a.function < b.function ? -1 : 1));
  await prepareHome(paths);
  await writeFileAtomic(paths.lastApply, `${JSON.stringify(sorted, null, 1)}\n`, 0o600);
}

function isFailedFunction(value: unknown): value is FailedFunction {
  if (typeof value !== 'object' || value === null) return false;
  const keys = ['function', 'at', 'step', 'message'];
  const texts: Partial<Record<string, unknown>> = { ...value };
  return (
    keys.every((key) => typeof texts[key] === 'string') && !Number.isNaN(Date.parse(String(texts['at'])))
  );
}
