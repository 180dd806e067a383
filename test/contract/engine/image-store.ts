import { describe, expect, it } from 'vitest';

import { revisionOf } from '../../../src/core/hash.ts';
import { imageLabels } from '../../../src/engine/labels.ts';
import type { UseHarness } from './harness.ts';
import { functionName, requestFor } from './harness.ts';

const NAME = functionName('echo');

export function imageContract(use: UseHarness): void {
  describe('images', () => {
    it('describes an image, and is undefined for one that is not there', async () => {
      const harness = use();
      expect(await harness.engine.image(harness.image)).toMatchObject({ tags: [harness.image] });
      expect(await harness.engine.image('faaso/no-such-image:1')).toBeUndefined();
    });

    it('lists images by label and removes a tag that faaso made, and no other', async () => {
      const harness = use();
      const { engine, project } = harness;
      const labels = imageLabels(project, NAME, revisionOf('x'));
      const ours = `${project.name}/echo:x`;
      const foreign = `${project.name}/foreign:x`;
      await harness.addImage(ours, labels);
      await harness.addImage(foreign, {});

      const selected = await engine.images({ project: project.name, function: NAME });
      expect(selected).toMatchObject([{ tags: [ours], labels }]);
      expect(await engine.images({ project: project.name, function: functionName('other') })).toEqual([]);

      await engine.removeImage(ours);
      await engine.removeImage(ours);
      await engine.removeImage(foreign);
      expect(await engine.image(ours)).toBeUndefined();
      expect(await engine.image(foreign)).toBeDefined();
    });

    it('says image-missing when the registry does not answer', async () => {
      const { engine } = use();
      const { signal } = new AbortController();
      await expect(engine.pull('127.0.0.1:1/none:1', signal)).rejects.toMatchObject({
        code: 'image-missing',
      });
    });

    it('does not pull once aborted', async () => {
      const { engine } = use();
      const reason = new Error('cancelled');
      await expect(engine.pull('127.0.0.1:1/none:1', AbortSignal.abort(reason))).rejects.toBe(reason);
    });

    it('starts from an image by its id', async () => {
      const harness = use();
      const image = await harness.engine.image(harness.image);
      const instance = await harness.engine.start(await requestFor(harness, { image: image?.id ?? '' }));
      expect(instance).toMatchObject({ imageId: image?.id, status: { kind: 'running' } });
    });
  });
}
