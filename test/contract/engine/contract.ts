import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { diskContract } from './disk.ts';
import { endingContract } from './ending.ts';
import { eventContract } from './event-stream.ts';
import type { Harness } from './harness.ts';
import { imageContract } from './image-store.ts';
import { lifecycleContract } from './lifecycle.ts';
import { logContract } from './log-reading.ts';
import { networkContract } from './networks.ts';
import { programContract } from './programs.ts';
import { storageContract } from './storage.ts';

/** The suite that every engine passes. */
export function engineContract(name: string, open: () => Promise<Harness>): void {
  describe(`the ${name} engine`, () => {
    let harness: Harness | undefined;
    const use = (): Harness => {
      if (harness === undefined) throw new Error('the harness is open while a case runs');
      return harness;
    };
    beforeAll(async () => {
      harness = await open();
    });
    afterEach(async () => {
      if (harness !== undefined) await sweep(harness);
    });
    afterAll(async () => {
      await harness?.close();
    });

    it('says what it is', async () => {
      const info = await use().engine.info();
      expect(info.name).toMatch(/\d+\.\d+/);
      expect(info.cpus).toBeGreaterThan(0);
      expect(info.memoryBytes).toBeGreaterThan(0);
    });

    lifecycleContract(use);
    endingContract(use);
    logContract(use);
    eventContract(use);
    imageContract(use);
    programContract(use);
    diskContract(use);
    storageContract(use);
    networkContract(use);
  });
}

type Owned = Pick<Harness, 'engine' | 'project' | 'other'>;

/** Removes the containers that a case left of the two projects. */
export async function sweep({ engine, project, other }: Owned): Promise<void> {
  const left = await Promise.all([project, other].map(({ name }) => engine.instances({ project: name })));
  await Promise.all(left.flat().map(({ id }) => engine.remove(id)));
}

/** Removes all that is left of the two projects. */
export async function sweepAll({ engine, project, other }: Owned): Promise<void> {
  await sweep({ engine, project, other });
  for (const owner of [project, other]) {
    await engine.removeNetwork(owner);
    for (const { name } of await engine.volumes({ project: owner.name })) await engine.removeVolume(name);
  }
}
