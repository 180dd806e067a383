import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { docker } from './local-engine.ts';
import { removeAbandoned } from './project-removal.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Younger things may belong to tests that run now, beside these. */
const LEFT_AFTER_MS = 30 * 60_000;

interface Thing {
  readonly labels: Readonly<Record<string, string>>;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly remove: () => Promise<unknown>;
}

/** Compiles what the tests run, and takes away what interrupted runs of the tests left on the engine. */
export default async function setup(): Promise<void> {
  await promisify(execFile)(process.execPath, ['src/setup/compile.mjs'], { cwd: ROOT });
  await removeAbandoned();
  for (const thing of await things()) {
    if (!isLeftOver(thing)) continue;
    // Another run of the tests may sweep at the same time.
    await thing.remove().catch(() => undefined);
  }
}

function isLeftOver({ labels, createdAt }: Thing): boolean {
  const root = labels['faaso.root'] ?? '';
  const ofTest =
    labels['faaso.test'] === '1' || ((labels['faaso.project'] ?? '').startsWith('t-') && !existsSync(root));
  return ofTest && Date.now() - createdAt > LEFT_AFTER_MS;
}

/** Containers first: what they use cannot be removed before. */
async function things(): Promise<Thing[]> {
  const containers = (await docker.listContainers({ all: true })).map(({ Id, Labels, Created }): Thing => ({
    labels: Labels,
    createdAt: Created * 1000,
    remove: () => docker.getContainer(Id).remove({ force: true, v: true }),
  }));
  const images = (await docker.listImages()).map(({ Id, Labels, Created }): Thing => ({
    labels: (Labels as Thing['labels'] | null) ?? {},
    createdAt: Created * 1000,
    remove: () => docker.getImage(Id).remove({ force: true }),
  }));
  const networks = (await docker.listNetworks()).map(({ Id, Labels, Created }): Thing => ({
    labels: Labels ?? {},
    createdAt: Date.parse(Created),
    remove: () => docker.getNetwork(Id).remove(),
  }));
  return [...containers, ...images, ...networks];
}
