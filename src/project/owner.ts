/** Whose a project is, where several folders may say that it is theirs. */
import { access, readFile } from 'node:fs/promises';

import { PROJECT_FILE } from '../config/find.ts';
import { FaasoError } from '../core/errors.ts';
import { projectPaths } from '../core/paths.ts';
import type { ProjectPaths } from '../core/paths.ts';
import type { ProjectIdentity } from '../core/specs.ts';
import type { Applied } from '../core/state.ts';
import type { InstanceIdentity } from '../engine/engine.ts';
import { holdsProject } from '../files/project-traces.ts';
import { openStore } from '../reconcile/store.ts';
import type { Store } from '../reconcile/store.ts';

/**
 * What another folder with a project of the same name means: `project-taken`; or nothing where this one has instances
 * too, so that each can be taken down when both came up at the same moment.
 */
export type Others = 'refuse' | 'leave';

/** The roots among those of the project's instances that are its own: its folder, and folders that are gone. */
export async function ownRoots(
  instances: readonly InstanceIdentity[],
  { name, root }: ProjectIdentity,
  others: Others,
): Promise<Set<string>> {
  const roots = new Set([root]);
  const serving = instances.filter(({ purpose }) => purpose === 'serve');
  const seen = new Set(serving.map((instance) => instance.project.root));
  for (const other of seen) {
    if (roots.has(other)) continue;
    if (!(await claims(other))) roots.add(other);
    else if (others === 'refuse' || !seen.has(root)) {
      throw projectTaken(name, other, root);
    }
  }
  const taker = seen.size === 0 ? undefined : await takerOf(root);
  if (taker !== undefined) throw projectTaken(name, taker, root);
  return roots;
}

function projectTaken(name: string, other: string, root: string): FaasoError {
  return new FaasoError('project-taken', `a project named "${name}" runs from ${other} already`, {
    details: [`this one lies in ${root}`],
    hint: `faaso adopt takes it over from there; or take it down (faaso down -C ${other}), or give this one another "name:"`,
  });
}

/** The folder that has taken the project over from this one, where it still is a project. */
async function takerOf(root: string): Promise<string | undefined> {
  const taker = await readFile(projectPaths(root, { uid: 0 }).handedOver, 'utf8').catch(() => '');
  return taker !== '' && (await claims(taker)) ? taker : undefined;
}

/**
 * The error for a name that was edited while the old one is applied: its containers would belong to nobody. `file`: the
 * project's file, where it is another than functions.yml; then it is more likely that one was forgotten.
 */
export function renamed(
  { name: before, functions }: Pick<Applied, 'name' | 'functions'>,
  after: string,
  file: string | undefined,
): FaasoError {
  const hasData = Object.values(functions).some(
    ({ current }) => Object.keys(current.spec.volumes).length > 0,
  );
  const data = hasData ? `; volumes go by the name: "Rename" in the README says how to copy the data` : '';
  return new FaasoError(
    'project-renamed',
    `the project's name changed from "${before}" to "${after}" while "${before}" is applied`,
    {
      hint:
        file === undefined
          ? `put "name: ${before}" back, run "faaso down", then change the name and apply${data}`
          : `${file} was read without ${PROJECT_FILE}: to read both, -f ${PROJECT_FILE} -f ${file}; if it is the whole project, give it "name: ${before}"`,
    },
  );
}

/** A state that came along with a copied folder is not this project's; one of a moved folder is. */
export async function openOwnStore(paths: ProjectPaths, root: string): Promise<Store> {
  const store = await openStore(paths);
  const applied = store.read() ?? store.takenDown();
  if (applied !== undefined && applied.root !== root && (await claims(applied.root))) await store.clear();
  return store;
}

/** A folder with a project: its file, which `-f` may have named otherwise, or what it applied. */
export async function claims(root: string): Promise<boolean> {
  const { handedOver } = projectPaths(root, { uid: 0 });
  if (await exists(handedOver)) return false;
  return await holdsProject(root);
}

/** Whether another folder has taken the project over from the one with these paths. */
export async function isHandedOver(paths: ProjectPaths): Promise<boolean> {
  return await exists(paths.handedOver);
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
