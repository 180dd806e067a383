import { describe, expect, it } from 'vitest';

import { instanceId } from '../../../src/core/names.ts';
import { occupyPort } from '../../support/ports.ts';
import type { UseHarness } from './harness.ts';
import { requestFor } from './harness.ts';

const UNKNOWN = instanceId('f'.repeat(64));

export function endingContract(use: UseHarness): void {
  describe('stopping and removing', () => {
    it('stops an instance, frees its port and keeps it listed', async () => {
      const harness = use();
      const { engine, project } = harness;
      const { id, port } = await engine.start(await requestFor(harness));
      await engine.stop(id, 5000);
      expect(await engine.instances({ project: project.name })).toMatchObject([
        { id, portBound: false, status: { kind: 'exited' } },
      ]);
      await (await occupyPort(port)).release();
    });

    it('removes a running instance and frees its port', async () => {
      const harness = use();
      const { engine, project } = harness;
      const { id, port } = await engine.start(await requestFor(harness));
      await engine.remove(id);
      expect(await engine.instances({ project: project.name })).toEqual([]);
      expect(await engine.instance(id)).toBeUndefined();
      await (await occupyPort(port)).release();
    });

    it('does nothing to what is stopped or gone already', async () => {
      const harness = use();
      const { engine } = harness;
      const { id } = await engine.start(await requestFor(harness));
      await engine.stop(id, 1000);
      await engine.stop(id, 1000);
      await engine.remove(id);
      await engine.remove(id);
      await engine.stop(id, 1000);
      await engine.remove(UNKNOWN);
      await engine.stop(UNKNOWN, 1000);
      expect(await engine.instance(UNKNOWN)).toBeUndefined();
    });

    it('removes once when asked several times at once', async () => {
      const harness = use();
      const { engine, project } = harness;
      const { id } = await engine.start(await requestFor(harness));
      await Promise.all([engine.remove(id), engine.remove(id), engine.remove(id)]);
      expect(await engine.instances({ project: project.name })).toEqual([]);
    });

    it('stops and removes a paused instance, and does not start it again', async () => {
      const harness = use();
      const { engine, project } = harness;
      const first = await engine.start(await requestFor(harness));
      const second = await engine.start(await requestFor(harness));
      await harness.pause(first.id);
      await harness.pause(second.id);
      expect((await engine.instance(first.id))?.status).toEqual({ kind: 'paused' });
      await expect(engine.startAgain(first.id)).rejects.toMatchObject({ code: 'start-failed' });
      await engine.stop(first.id, 0);
      expect((await engine.instance(first.id))?.status.kind).toBe('exited');
      await engine.remove(first.id);
      await engine.remove(second.id);
      expect(await engine.instances({ project: project.name })).toEqual([]);
    });

    it('neither shows nor touches a container that faaso did not make', async () => {
      const harness = use();
      const { engine } = harness;
      const foreign = await harness.startForeign();
      expect((await engine.instances({})).map(({ id }) => id)).not.toContain(foreign.id);
      expect(await engine.instance(foreign.id)).toBeUndefined();
      await engine.stop(foreign.id, 0);
      await engine.remove(foreign.id);
      expect(await foreign.isRunning()).toBe(true);
    });
  });
}
