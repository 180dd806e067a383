import { describe, expect, it } from 'vitest';

import { revisionOf } from '../../../src/core/hash.ts';
import { imageLabels, volumeLabels } from '../../../src/engine/labels.ts';
import type { UseHarness } from './harness.ts';
import { functionName, requestFor } from './harness.ts';

export function diskContract(use: UseHarness): void {
  describe('what lies on the disk', () => {
    it('lists volumes of ours by project, and removes none that is not ours', async () => {
      const harness = use();
      const { engine, project, other } = harness;
      const before = Date.now();
      const names = [`${project.name}-a`, `${project.name}-b`, `${project.name}-foreign`] as const;
      await harness.addVolume(names[0], volumeLabels(project, 'a'));
      await harness.addVolume(names[1], volumeLabels(other, 'b'));
      await harness.addVolume(names[2], {});

      const [found, ...more] = await engine.volumes({ project: project.name });
      expect(more).toEqual([]);
      expect(found).toMatchObject({ name: names[0], project, kind: 'data', volume: 'a', inUse: false });
      expect(found?.createdAt).toBeGreaterThan(before - 5000);
      expect(await engine.volumes({ root: other.root })).toMatchObject([{ name: names[1] }]);

      for (const name of [...names, `${project.name}-none`]) await engine.removeVolume(name);
      expect(await engine.volumes({ project: project.name })).toEqual([]);
      expect(await harness.hasVolume(names[2])).toBe(true);
    });

    it('lists an image of ours that lost its tag to another, and removes it by its id', async () => {
      const harness = use();
      const { engine, project } = harness;
      const labels = imageLabels(project, functionName('dangling'), revisionOf('x'));
      const reference = `${project.name}/dangling:x`;
      await harness.addImage(reference, { ...labels, content: 'one' });
      const first = await engine.image(reference);
      await harness.addImage(reference, { ...labels, content: 'two' });
      const second = await engine.image(reference);
      const left = async (): Promise<unknown> =>
        (await engine.images({ project: project.name, function: functionName('dangling') }))
          .map(({ id, tags }) => ({ id, tags }))
          .sort((a, b) => a.tags.length - b.tags.length);
      expect(await left()).toEqual([
        { id: first?.id, tags: [] },
        { id: second?.id, tags: [reference] },
      ]);
      await engine.removeImage(first?.id ?? '');
      expect(await left()).toEqual([{ id: second?.id, tags: [reference] }]);
      await engine.removeImage(second?.id ?? '');
      expect(await left()).toEqual([]);
    });

    it('removes by its id no image that is not ours', async () => {
      const harness = use();
      const reference = `${harness.project.name}/foreign-by-id:x`;
      await harness.addImage(reference, {});
      const image = await harness.engine.image(reference);
      await harness.engine.removeImage(image?.id ?? '');
      expect(await harness.engine.image(reference)).toBeDefined();
    });

    it('measures images, instances and volumes of ours, and nothing else', async () => {
      const harness = use();
      const { engine, project } = harness;
      const reference = `${project.name}/measured:x`;
      await harness.addImage(reference, imageLabels(project, functionName('measured'), revisionOf('x')));
      await harness.addImage(`${project.name}/unmeasured:x`, {});
      const volume = `${project.name}-measured`;
      await harness.addVolume(volume, volumeLabels(project, 'measured'));
      const { id } = await engine.start(await requestFor(harness));
      const usage = await engine.diskUsage({ project: project.name });
      const image = await engine.image(reference);
      expect(Object.keys(usage.images)).toEqual([image?.id]);
      expect(Object.keys(usage.instances)).toEqual([id]);
      expect(usage.instances[id]).toBeGreaterThanOrEqual(0);
      expect(usage.volumes).toEqual({ [volume]: 0 });
      for (const { sizeBytes, uniqueBytes } of Object.values(usage.images)) {
        expect(sizeBytes).toBeGreaterThanOrEqual(uniqueBytes);
        expect(uniqueBytes).toBeGreaterThanOrEqual(0);
      }
      await engine.removeImage(reference);
      await engine.remove(id);
      await engine.removeVolume(volume);
      expect(await engine.diskUsage({ project: project.name })).toEqual({
        images: {},
        instances: {},
        volumes: {},
      });
    });
  });
}
