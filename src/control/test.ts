import { systemClock } from '../core/clock.ts';
import type { Emit } from '../core/events.ts';
import type { FunctionName } from '../core/names.ts';
import type { FunctionSpec, Project } from '../core/specs.ts';
import { knownName } from '../project/function-names.ts';
import type { Faaso } from '../faaso.ts';
import type { Reading } from '../project/load.ts';
import { prepareHome } from '../files/home.ts';
import { acquireLock, lockOwner } from '../files/lock.ts';
import { testFunctions } from '../reconcile/test-run.ts';
import type { FunctionTests } from '../reconcile/test-run.ts';

const LOCK_POLL_MS = 200;

/**
 * Runs the tests of all or the named functions as the files say them now, each against an instance of its own. Nothing
 * that is applied is touched. One at a time for each project, so that what an earlier one left is known as such.
 */
export async function testProject(
  faaso: Faaso,
  reading: Reading,
  names: readonly string[],
  emit: Emit,
  signal: AbortSignal,
): Promise<readonly FunctionTests[]> {
  const { project } = await faaso.load(reading);
  const named = new Set<FunctionName>(names.map((name) => knownName(project, name)));
  const wanted = project.functions.filter((fn) => named.size === 0 || named.has(fn.name));
  const testable = wanted.filter((fn) => fn.tests.length > 0);
  const results = testable.length === 0 ? [] : await testThose(faaso, project, testable, emit, signal);
  return wanted.map(
    ({ name }) => results.find((item) => item.name === name) ?? { name, tests: [], error: null, log: [] },
  );
}

async function testThose(
  faaso: Faaso,
  project: Project,
  functions: readonly FunctionSpec[],
  emit: Emit,
  signal: AbortSignal,
): Promise<readonly FunctionTests[]> {
  const { engine, builder, secrets } = faaso;
  // Without an engine nothing can be tested: no matter of single functions.
  await engine.info();
  const release = await lock(faaso, emit, signal).catch((error: unknown) => {
    if (signal.aborted) return undefined;
    throw error;
  });
  if (release === undefined) return [];
  try {
    await removeLeftovers(faaso, project);
    const parts = { engine, builder, secrets, clock: systemClock, emit };
    return await testFunctions(parts, project, functions, signal);
  } finally {
    await removeNetwork(faaso, project);
    await release();
  }
}

async function lock(faaso: Faaso, emit: Emit, signal: AbortSignal): Promise<() => Promise<void>> {
  await prepareHome(faaso.paths);
  for (let told = false; ; told = true) {
    signal.throwIfAborted();
    const result = await acquireLock(faaso.paths.testLock, '');
    if (result.kind === 'acquired') return result.release;
    if (!told) emit({ kind: 'notice', message: `waiting for another faaso test (pid ${result.owner.pid})` });
    await systemClock.sleep(LOCK_POLL_MS, signal);
  }
}

/** Those of a run that was killed. */
async function removeLeftovers({ engine, root }: Faaso, { name }: Project): Promise<void> {
  const found = await engine.instances({ project: name, root });
  await Promise.all(found.filter((item) => item.purpose === 'test').map((item) => engine.remove(item.id)));
}

/** Where nothing of the project runs and nobody is about to start anything. */
async function removeNetwork({ engine, paths }: Faaso, { name, root }: Project): Promise<void> {
  if ((await lockOwner(paths.lock)) !== undefined) return;
  try {
    if ((await engine.identities({ project: name })).length === 0) await engine.removeNetwork({ name, root });
  } catch {
    // It costs little where it stays, and "faaso down" removes it.
  }
}
