import { describe, expect, it, vi } from 'vitest';

import type { EngineEvent } from '../../../src/engine/engine.ts';
import type { InstanceId } from '../../../src/core/names.ts';
import type { UseHarness } from './harness.ts';
import { collectEvents, requestFor } from './harness.ts';

const changesOf = (events: readonly EngineEvent[], id: InstanceId): string[] =>
  events.flatMap((event) => (event.kind === 'instance' && event.id === id ? [event.change] : []));

const kindsOf = (events: readonly EngineEvent[]): string[] =>
  events.flatMap(({ kind }) => (kind === 'instance' ? [] : [kind]));

export function eventContract(use: UseHarness): void {
  describe('events', () => {
    it('begins with connected and tells what happens to instances from then on', async () => {
      const harness = use();
      const { engine, project } = harness;
      const events = collectEvents(engine);
      try {
        await vi.waitFor(() => expect(events.seen[0]).toEqual({ kind: 'connected' }), { timeout: 10_000 });
        const { id } = await engine.start(await requestFor(harness));
        await harness.pause(id);
        await harness.removeByHand(id);
        await vi.waitFor(
          () =>
            expect(changesOf(events.seen, id)).toEqual(['created', 'started', 'paused', 'died', 'removed']),
          { timeout: 10_000 },
        );
        expect(events.seen).toContainEqual({
          kind: 'instance',
          id,
          project,
          function: 'echo',
          change: 'started',
        });
      } finally {
        await events.stop();
      }
    });

    it('tells that an instance ran out of memory', async () => {
      const harness = use();
      const events = collectEvents(harness.engine);
      try {
        await vi.waitFor(() => expect(kindsOf(events.seen)).toEqual(['connected']), { timeout: 10_000 });
        const { id } = await harness.engine.start(await requestFor(harness, { acts: [{ oom: true }] }));
        await vi.waitFor(
          () => expect(changesOf(events.seen, id)).toEqual(expect.arrayContaining(['oom', 'died'])),
          {
            timeout: 20_000,
          },
        );
      } finally {
        await events.stop();
      }
    });

    it('says once that the engine is gone, and goes on when it is back', async () => {
      const harness = use();
      const { engine } = harness;
      const { id } = await engine.start(await requestFor(harness));
      const events = collectEvents(engine);
      try {
        await vi.waitFor(() => expect(kindsOf(events.seen)).toEqual(['connected']), { timeout: 10_000 });
        await harness.disconnect();
        await vi.waitFor(() => expect(kindsOf(events.seen)).toEqual(['connected', 'disconnected']), {
          timeout: 10_000,
        });
        await expect(engine.instances({})).rejects.toMatchObject({ code: 'engine-unreachable' });
        await expect(engine.info()).rejects.toMatchObject({ code: 'engine-unreachable' });
        await harness.connect();
        await vi.waitFor(
          () => expect(kindsOf(events.seen)).toEqual(['connected', 'disconnected', 'connected']),
          {
            timeout: 10_000,
          },
        );
        await engine.remove(id);
        await vi.waitFor(() => expect(changesOf(events.seen, id)).toEqual(['died', 'removed']), {
          timeout: 10_000,
        });
      } finally {
        await harness.connect();
        await events.stop();
      }
    });

    it('begins with disconnected when no engine answers', async () => {
      const harness = use();
      await harness.disconnect();
      const events = collectEvents(harness.engine);
      try {
        await vi.waitFor(() => expect(kindsOf(events.seen)).toEqual(['disconnected']), { timeout: 10_000 });
      } finally {
        await harness.connect();
        await events.stop();
      }
    });
  });
}
