import { describe, expect, it, vi } from 'vitest';

import { instanceId } from '../../../src/core/names.ts';
import type { Engine, LogLine, LogOptions } from '../../../src/engine/engine.ts';
import type { InstanceId } from '../../../src/core/names.ts';
import { act, greeting } from '../../support/engine-program.ts';
import type { UseHarness } from './harness.ts';
import { requestFor } from './harness.ts';

async function read(engine: Engine, id: InstanceId, options: Partial<LogOptions> = {}): Promise<LogLine[]> {
  const lines: LogLine[] = [];
  const signal = AbortSignal.timeout(20_000);
  for await (const line of engine.logs(id, { follow: false, ...options }, signal)) lines.push(line);
  signal.throwIfAborted();
  return lines;
}

const texts = (lines: readonly LogLine[]): string[] => lines.map(({ text }) => text);

export function logContract(use: UseHarness): void {
  describe('logs', () => {
    it('gives the lines of both streams with their times, to the end of the instance when following', async () => {
      const harness = use();
      const before = Date.now();
      const { id } = await harness.engine.start(
        await requestFor(harness, {
          acts: [
            { print: 'one\ntwo\n' },
            { print: 'three\n', to: 'stderr' },
            { print: 'no end' },
            { exit: 0 },
          ],
        }),
      );
      const lines = await read(harness.engine, id, { follow: true });
      expect(texts(lines.filter(({ stream }) => stream === 'stdout'))).toEqual(['one', 'two', 'no end']);
      expect(texts(lines.filter(({ stream }) => stream === 'stderr'))).toEqual(['three']);
      for (const { at } of lines) {
        expect(at).toBeGreaterThanOrEqual(before - 1000);
        expect(at).toBeLessThanOrEqual(Date.now() + 1000);
      }
      expect(texts(await read(harness.engine, id)).sort()).toEqual(texts(lines).sort());
    });

    it('joins a long line, and keeps characters of several bytes', async () => {
      const harness = use();
      // Docker cuts lines every 16 KiB and garbles a character that lies on a cut.
      const long = `é€😀${'x'.repeat(50_000)}é€😀`;
      const { id } = await harness.engine.start(
        await requestFor(harness, { acts: [{ print: `${long}\nafter\n` }, { exit: 0 }] }),
      );
      const lines = texts(await read(harness.engine, id, { follow: true }));
      expect(lines.length).toBe(2);
      expect(lines[0]).toBe(long);
      expect(lines[1]).toBe('after');
    });

    it('begins with the last lines when asked to', async () => {
      const harness = use();
      const print = Array.from({ length: 9 }, (_, index) => `line ${index}\n`).join('');
      const { id } = await harness.engine.start(
        await requestFor(harness, { acts: [{ print }, { exit: 0 }] }),
      );
      expect((await read(harness.engine, id, { follow: true })).length).toBe(9);
      expect(texts(await read(harness.engine, id, { tail: 2 }))).toEqual(['line 7', 'line 8']);
      expect(await read(harness.engine, id, { tail: 0 })).toEqual([]);
    });

    it('follows a running instance, line by line, and gives only what came later than a moment', async () => {
      const harness = use();
      const { engine } = harness;
      const { id, port } = await engine.start(await requestFor(harness, { acts: [{ print: 'first\n' }] }));
      await vi.waitFor(() => greeting(port), { timeout: 10_000 });
      const ended = new AbortController();
      const seen: LogLine[] = [];
      const following = (async () => {
        for await (const line of engine.logs(id, { follow: true }, ended.signal)) seen.push(line);
      })();
      await vi.waitFor(() => expect(texts(seen)).toEqual(['first']), { timeout: 10_000 });
      await act(port, { print: 'second ' }, { print: 'half\n' });
      await vi.waitFor(() => expect(texts(seen)).toEqual(['first', 'second half']), { timeout: 10_000 });
      ended.abort();
      await following;

      const [first] = seen;
      expect(texts(await read(engine, id, { since: first?.at ?? 0 }))).toEqual(['second half']);
    });

    it('ends when the instance is removed, and is empty for one that is not there', async () => {
      const harness = use();
      const { engine } = harness;
      const { id, port } = await engine.start(await requestFor(harness, { acts: [{ print: 'here\n' }] }));
      await vi.waitFor(() => greeting(port), { timeout: 10_000 });
      const seen: LogLine[] = [];
      const following = (async () => {
        for await (const line of engine.logs(id, { follow: true }, AbortSignal.timeout(20_000)))
          seen.push(line);
      })();
      await vi.waitFor(() => expect(texts(seen)).toEqual(['here']), { timeout: 10_000 });
      await harness.removeByHand(id);
      await following;
      expect(texts(seen)).toEqual(['here']);
      expect(await read(engine, id, { follow: true })).toEqual([]);
      expect(await read(engine, instanceId('e'.repeat(64)))).toEqual([]);
    });
  });
}
