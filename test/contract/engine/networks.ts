import { describe, expect, it, vi } from 'vitest';

import { greeting } from '../../support/engine-program.ts';
import type { UseHarness } from './harness.ts';
import { requestFor } from './harness.ts';

export function networkContract(use: UseHarness): void {
  describe('networks', () => {
    it('says network-missing, naming all that are, before it makes anything', async () => {
      const harness = use();
      const { engine, project } = harness;
      const there = `${project.name}-there`;
      await harness.addNetwork(there);
      const networks = [`${project.name}-a`, there, `${project.name}-b`];
      const request = await requestFor(harness, { spec: { networks, volumes: { none: '/data' } } });
      await expect(engine.start(request)).rejects.toMatchObject({
        code: 'network-missing',
        message: `there are no networks ${project.name}-a, ${project.name}-b`,
        hint: expect.stringContaining('docker network ls'),
      });
      expect(await engine.instances({ project: project.name })).toEqual([]);
      expect(await engine.volumes({ project: project.name })).toEqual([]);
    });

    it('keeps the port on loopback, whatever the networks are called', async () => {
      const harness = use();
      const { engine, project } = harness;
      const networks = [`aaa-${project.name}`, `zzz-${project.name}`];
      for (const name of networks) await harness.addNetwork(name);
      const instance = await engine.start(await requestFor(harness, { spec: { networks } }));
      expect(instance.portBound).toBe(true);
      await vi.waitFor(() => greeting(instance.port), { timeout: 10_000 });
      await engine.stop(instance.id, 0);
      await engine.startAgain(instance.id);
      await vi.waitFor(() => greeting(instance.port), { timeout: 10_000 });
    });

    it('joins one anew that was made anew, and says network-missing while it is gone', async () => {
      const harness = use();
      const { engine, project } = harness;
      const name = `${project.name}-again`;
      await harness.addNetwork(name);
      const { id, port } = await engine.start(await requestFor(harness, { spec: { networks: [name] } }));
      await engine.stop(id, 0);
      await harness.removeNetworkByHand(name);
      for (let time = 0; time < 2; time += 1) {
        await expect(engine.startAgain(id)).rejects.toMatchObject({
          code: 'network-missing',
          message: `there is no network ${name}`,
        });
      }
      expect((await engine.instance(id))?.status.kind).not.toBe('running');
      await harness.addNetwork(name);
      expect(await engine.startAgain(id)).toMatchObject({ status: { kind: 'running' }, portBound: true });
      await vi.waitFor(() => greeting(port), { timeout: 10_000 });
    });
  });
}
