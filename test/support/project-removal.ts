import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';

import { sha256 } from '../../src/core/hash.ts';
import { lockOwner } from '../../src/files/lock.ts';
import { removeByLabel } from './local-engine.ts';
import { isAlive, killHard, processesNaming } from './project-processes.ts';

/** What the folders begin with that the tests' projects lie in. */
export const TEMPORARY = join(tmpdir(), 'faaso-e2e-');
const OWNER = 'owner.pid';

/** Notes in a temporary folder that this process takes it away. */
export function noteOwner(folder: string): void {
  writeFileSync(join(folder, OWNER), String(process.pid));
}

/** Ends and removes everything of the project in `root` but the folder itself, whatever state it is in. */
export async function removeProject(root: string): Promise<void> {
  const run = sha256(root).slice(0, 12);
  const pids = [...processesNaming(`${root}/`), ...processesNaming(`/${run}/`)].map(({ pid }) => pid);
  // The command line of a `serve` does not name its project.
  const owner = await lockOwner(join(root, '.faaso/state/daemon.lock'));
  if (owner !== undefined) pids.push(owner.pid);
  for (const pid of pids) killHard(pid);
  await removeByLabel(`faaso.root=${root}`);
  rmSync(`/run/faaso/${run}`, { recursive: true, force: true });
}

/** Takes away the projects of test runs that were ended before they could. */
export async function removeAbandoned(): Promise<void> {
  const parent = dirname(TEMPORARY);
  for (const name of readdirSync(parent).filter((item) => item.startsWith(basename(TEMPORARY)))) {
    const folder = join(parent, name);
    const note = join(folder, OWNER);
    if (!existsSync(note) || isAlive(Number(readFileSync(note, 'utf8')))) continue;
    for (const project of readdirSync(folder, { withFileTypes: true })) {
      if (project.isDirectory()) await removeProject(join(folder, project.name));
    }
    rmSync(folder, { recursive: true, force: true });
  }
}
