import { describe, expect, it } from 'vitest';

import { LABELS, volumeLabels, volumeName } from '../../../src/engine/labels.ts';
import { occupyPort } from '../../support/ports.ts';
import type { UseHarness } from './harness.ts';
import { requestFor } from './harness.ts';

export function storageContract(use: UseHarness): void {
  const secrets = { KEY: Buffer.from('value') };
  const withSecrets = { spec: { secrets: { KEY: 'fingerprint' } } };

  describe('secrets', () => {
    it('have a volume of each instance, which goes with it', async () => {
      const harness = use();
      const { engine, project } = harness;
      const a = await engine.start({ ...(await requestFor(harness, withSecrets)), secrets });
      const b = await engine.start({ ...(await requestFor(harness, withSecrets)), secrets });
      const kind = { kind: 'secrets', volume: '', project, inUse: true };
      expect(await engine.volumes({ project: project.name })).toMatchObject([kind, kind]);
      expect(await engine.instances({ project: project.name })).toHaveLength(2);
      await engine.remove(a.id);
      expect(await engine.volumes({ project: project.name })).toMatchObject([kind]);
      await engine.stop(b.id, 0);
      await engine.startAgain(b.id);
      expect(await engine.volumes({ project: project.name })).toMatchObject([kind]);
      await engine.remove(b.id);
      expect(await engine.volumes({ project: project.name })).toEqual([]);
    });

    it('are gone when the start failed', async () => {
      const harness = use();
      const { engine, project } = harness;
      const { port, release } = await occupyPort(0);
      try {
        const request = { ...(await requestFor(harness, { ...withSecrets, port })), secrets };
        await expect(engine.start(request)).rejects.toMatchObject({ code: 'port-taken' });
        expect(await engine.volumes({ project: project.name })).toEqual([]);
      } finally {
        await release();
      }
    });
  });

  describe('volumes', () => {
    it('are shared by the functions that name them, and stay when those go', async () => {
      const harness = use();
      const { engine, project } = harness;
      const spec = { volumes: { cache: '/data' } };
      const a = await engine.start(await requestFor(harness, { function: 'a', spec }));
      const b = await engine.start(await requestFor(harness, { function: 'b', spec }));
      const data = { name: volumeName(project, 'cache'), kind: 'data', volume: 'cache', project };
      expect(await engine.volumes({ project: project.name })).toMatchObject([{ ...data, inUse: true }]);
      await engine.removeVolume(data.name);
      await engine.remove(a.id);
      await engine.remove(b.id);
      expect(await engine.volumes({ project: project.name })).toMatchObject([{ ...data, inUse: false }]);
      const again = await engine.start(await requestFor(harness, { function: 'a', spec }));
      expect(await engine.volumes({ project: project.name })).toHaveLength(1);
      await engine.remove(again.id);
      await engine.removeVolume(data.name);
      expect(await engine.volumes({ project: project.name })).toEqual([]);
    });

    it.each([
      ['is nobody of ours', () => ({})],
      ['is of another project', () => volumeLabels(use().other, 'mine')],
      [
        'has another name in the project',
        () => ({ ...volumeLabels(use().project, 'mine'), [LABELS.volume]: 'other' }),
      ],
    ])('refuse a volume that %s, and leave it alone', async (_, labels) => {
      const harness = use();
      const { engine, project } = harness;
      const name = volumeName(project, 'mine');
      await harness.addVolume(name, labels());
      const request = await requestFor(harness, { spec: { volumes: { mine: '/data' } } });
      await expect(engine.start(request)).rejects.toMatchObject({
        code: 'start-failed',
        message: `the volume ${name} exists and was not made for this project`,
        hint: expect.stringContaining(`docker volume rm ${name}`),
      });
      expect(await engine.instances({ project: project.name })).toEqual([]);
      expect(await harness.hasVolume(name)).toBe(true);
      await harness.removeVolumeByHand(name);
    });
  });
}
