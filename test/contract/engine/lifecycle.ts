import { describe, expect, it, vi } from 'vitest';

import { act, greeting } from '../../support/engine-program.ts';
import { occupyPort } from '../../support/ports.ts';
import type { UseHarness } from './harness.ts';
import { functionName, requestFor } from './harness.ts';

export function lifecycleContract(use: UseHarness): void {
  describe('starting', () => {
    it('runs the release, publishes its port and shows what it was started with', async () => {
      const harness = use();
      const request = await requestFor(harness);
      const before = Date.now();
      const instance = await harness.engine.start(request);

      expect(instance).toMatchObject({
        project: harness.project,
        function: 'echo',
        revision: request.release.revision,
        specHash: request.release.specHash,
        release: request.release,
        port: request.port,
        portBound: true,
        status: { kind: 'running' },
      });
      expect(instance.name).toMatch(new RegExp(`^faaso-${harness.project.name}-echo-[0-9a-f]{8}$`));
      expect(instance.createdAt).toBeGreaterThan(before - 5000);
      await vi.waitFor(async () => expect(await greeting(request.port)).toBe('hello from echo'), {
        timeout: 10_000,
      });
      expect(await harness.engine.instance(instance.id)).toEqual(instance);
      expect(await harness.engine.instances({ project: harness.project.name })).toEqual([instance]);
    });

    it('selects instances by project, root and function', async () => {
      const harness = use();
      const { engine, project, other } = harness;
      const a = await engine.start(await requestFor(harness, { function: 'a' }));
      const b = await engine.start(await requestFor(harness, { function: 'b' }));
      const c = await engine.start(await requestFor(harness, { function: 'a', project: other }));
      const ids = async (selector: Parameters<typeof engine.instances>[0]): Promise<string[]> =>
        (await engine.instances(selector)).map(({ id }) => id).sort();

      expect(await ids({ project: project.name })).toEqual([a.id, b.id].sort());
      expect(await ids({ root: other.root })).toEqual([c.id]);
      expect(await ids({ project: project.name, function: functionName('b') })).toEqual([b.id]);
      expect(await ids({ project: project.name, root: other.root })).toEqual([]);
      expect(await ids({})).toEqual(expect.arrayContaining([a.id, b.id, c.id]));
    });

    it('traces its containers and their network, running or not, and where they are published', async () => {
      const harness = use();
      const { engine, project } = harness;
      const a = await engine.start(await requestFor(harness, { function: 'a' }));
      const b = await engine.start(await requestFor(harness, { function: 'b' }));
      await engine.stop(b.id, 0);

      const { containers, networks } = await engine.traces();
      const own = containers.filter(({ labels }) => labels['faaso.project'] === project.name);
      expect(own).toHaveLength(2);
      expect(own).toEqual(
        expect.arrayContaining([
          expect.objectContaining({
            id: a.id,
            name: a.name,
            running: true,
            published: [{ address: '127.0.0.1', port: a.port }],
          }),
          expect.objectContaining({ id: b.id, running: false, published: [] }),
        ]),
      );
      const network = networks.filter(({ labels }) => labels['faaso.project'] === project.name);
      expect(network).toMatchObject([{ name: `faaso-${project.name}`, inUse: true }]);
      await engine.remove(a.id);
      await engine.remove(b.id);
      const after = (await engine.traces()).networks.filter(({ name }) => name === `faaso-${project.name}`);
      expect(after).toMatchObject([{ inUse: false }]);
    });

    it('says what the labels of its instances hold, whether they run or not', async () => {
      const harness = use();
      const { engine, project } = harness;
      const a = await engine.start(await requestFor(harness, { function: 'a' }));
      const b = await engine.start(await requestFor(harness, { function: 'b' }));
      await engine.stop(b.id, 0);

      const said = await engine.identities({ project: project.name });
      const expected = [a, b].map((item) => ({
        project,
        purpose: 'serve',
        function: item.function,
        revision: item.revision,
        specHash: item.specHash,
        port: item.port,
        release: item.release,
      }));
      expect(said).toHaveLength(2);
      expect(said).toEqual(expect.arrayContaining(expected));
      expect(await engine.identities({ project: project.name, function: functionName('c') })).toEqual([]);
    });

    it('gives the next name to a second container of the same release', async () => {
      const harness = use();
      const first = await harness.engine.start(await requestFor(harness));
      const second = await harness.engine.start(await requestFor(harness));
      const third = await harness.engine.start({ ...(await requestFor(harness)), attempt: 7 });
      expect(second.name).toBe(`${first.name}-1`);
      expect(third.name).toBe(`${first.name}-7`);
    });

    it('shares one network between starts at the same time, and removes it only when nothing uses it', async () => {
      const harness = use();
      const { engine, project } = harness;
      const names = ['a', 'b', 'c', 'd'];
      const started = await Promise.all(
        names.map(async (name) => engine.start(await requestFor(harness, { function: name }))),
      );
      expect(await harness.countNetworks(project)).toBe(1);

      await engine.removeNetwork(project);
      expect(await harness.countNetworks(project)).toBe(1);

      for (const { id } of started) await engine.remove(id);
      await engine.removeNetwork(project);
      await engine.removeNetwork(project);
      expect(await harness.countNetworks(project)).toBe(0);
    });
  });

  describe('a start that fails', () => {
    it('says image-missing when the engine has no such image', async () => {
      const harness = use();
      const request = await requestFor(harness, { image: 'faaso/no-such-image:1' });
      await expect(harness.engine.start(request)).rejects.toMatchObject({ code: 'image-missing' });
      expect(await harness.engine.instances({ project: harness.project.name })).toEqual([]);
    });

    it('says port-taken when another program listens on the port, and leaves no container', async () => {
      const harness = use();
      const { port, release } = await occupyPort(0);
      try {
        const request = await requestFor(harness, { port });
        await expect(harness.engine.start(request)).rejects.toMatchObject({ code: 'port-taken' });
        expect(await harness.engine.instances({ project: harness.project.name })).toEqual([]);
      } finally {
        await release();
      }
    });

    it('says port-taken when another instance has the port, and leaves that one alone', async () => {
      const harness = use();
      const first = await harness.engine.start(await requestFor(harness, { function: 'a' }));
      const request = await requestFor(harness, { function: 'b', port: first.port });
      await expect(harness.engine.start(request)).rejects.toMatchObject({ code: 'port-taken' });
      expect(await harness.engine.instances({ project: harness.project.name })).toEqual([first]);
    });
  });

  describe('an instance that ends', () => {
    it('shows its exit code', async () => {
      const harness = use();
      const { id } = await harness.engine.start(await requestFor(harness, { acts: [{ exit: 3 }] }));
      await vi.waitFor(
        async () =>
          expect(await harness.engine.instance(id)).toMatchObject({
            portBound: false,
            status: { kind: 'exited', exitCode: 3, oomKilled: false },
          }),
        { timeout: 10_000 },
      );
      const [listed] = await harness.engine.instances({ project: harness.project.name });
      expect(listed).toEqual(await harness.engine.instance(id));
      expect(listed?.status.kind === 'exited' ? listed.status.finishedAt : 0).toBeGreaterThan(
        Date.now() - 60_000,
      );
    });

    it('shows that it ran out of memory', async () => {
      const harness = use();
      const { id } = await harness.engine.start(await requestFor(harness, { acts: [{ oom: true }] }));
      await vi.waitFor(
        async () =>
          expect((await harness.engine.instance(id))?.status).toMatchObject({
            kind: 'exited',
            exitCode: 137,
            oomKilled: true,
          }),
        { timeout: 20_000 },
      );
    });

    it('starts again on the same port', async () => {
      const harness = use();
      const { engine } = harness;
      const { id, port } = await engine.start(await requestFor(harness));
      await vi.waitFor(() => greeting(port), { timeout: 10_000 });
      await act(port, { exit: 1 });
      await vi.waitFor(async () => expect((await engine.instance(id))?.status.kind).toBe('exited'), {
        timeout: 10_000,
      });

      const again = await engine.startAgain(id);
      expect(again).toMatchObject({ id, port, portBound: true, status: { kind: 'running' } });
      await vi.waitFor(async () => expect(await greeting(port)).toBe('hello from echo'), { timeout: 10_000 });
      expect(await engine.startAgain(id)).toEqual(again);
    });

    it('starts again after its network was removed', async () => {
      const harness = use();
      const { engine, project } = harness;
      const { id } = await engine.start(await requestFor(harness));
      await engine.stop(id, 1000);
      await engine.removeNetwork(project);
      expect(await engine.startAgain(id)).toMatchObject({ status: { kind: 'running' }, portBound: true });
    });

    it('stays exited when its port was taken meanwhile', async () => {
      const harness = use();
      const { engine } = harness;
      const { id, port } = await engine.start(await requestFor(harness));
      await engine.stop(id, 1000);
      const { release } = await occupyPort(port);
      try {
        await expect(engine.startAgain(id)).rejects.toMatchObject({ code: 'port-taken' });
        expect((await engine.instance(id))?.status.kind).toBe('exited');
      } finally {
        await release();
      }
      expect((await engine.startAgain(id)).status.kind).toBe('running');
    });

    it('cannot start again once it is removed', async () => {
      const harness = use();
      const { id } = await harness.engine.start(await requestFor(harness));
      await harness.removeByHand(id);
      await expect(harness.engine.startAgain(id)).rejects.toMatchObject({ code: 'start-failed' });
    });
  });
}
