import { readdir, readFile } from 'node:fs/promises';
import { randomInt } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';

import { createBuilder } from '../../../src/build/builder.ts';
import { functionSpec } from '../../support/build-fixture.ts';
import { builtFixture, imagesOf, realEngine } from '../../support/build-engine.ts';

const FLAGS = { noCache: false, pull: false };

/** Whether a process of this machine, in whatever container, has the word in its command line. */
async function runs(word: string): Promise<boolean> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  );
  return lines.some((line) => line.split('\0').includes(word));
}

describe('an abort', () => {
  it('ends the build in the engine at once, leaving no image and no process', async () => {
    const marker = `600.${randomInt(1e6, 1e7)}`;
    const fixture = await builtFixture({
      dockerfile: ['ARG BASE_RUN', 'FROM ${BASE_RUN}', `RUN echo started; sleep ${marker}`, ''].join('\n'),
    });
    const abort = new AbortController();
    const reason = new Error('ctrl-c');
    const builder = createBuilder({ engine: realEngine(), env: {}, parallel: 1 });
    let aborted = 0;
    const onLine = (line: string): void => {
      if (line === 'started')
        void runs(marker).then(() => {
          aborted = performance.now();
          abort.abort(reason);
        });
    };
    await expect(builder.ensure(fixture.project, fixture.fn, FLAGS, onLine, abort.signal)).rejects.toBe(
      reason,
    );
    expect(performance.now() - aborted).toBeLessThan(4_000);
    await vi.waitFor(async () => expect(await runs(marker)).toBe(false), { timeout: 2_000 });
    expect(await imagesOf(fixture.project.name)).toEqual([]);
  });

  it('takes a waiting build out of the queue', async () => {
    const engine = realEngine();
    const fixture = await builtFixture({
      dockerfile: ['ARG BASE_RUN', 'FROM ${BASE_RUN}', 'RUN sleep 600', ''].join('\n'),
    });
    const builder = createBuilder({ engine, env: {}, parallel: 1 });
    const first = new AbortController();
    const second = new AbortController();
    const waiting = functionSpec('two', fixture.source);
    const running = new Promise<void>((resolve) => {
      const onLine = (line: string): void => void (line.includes('RUN sleep') && resolve());
      void builder.ensure(fixture.project, fixture.fn, FLAGS, onLine, first.signal).catch(() => undefined);
    });
    const queued = builder.ensure(fixture.project, waiting, FLAGS, () => undefined, second.signal);
    await running;
    second.abort(new Error('ctrl-c'));
    await expect(queued).rejects.toThrow('ctrl-c');
    expect(engine.builds()).toBe(1);
    first.abort(new Error('end'));
    await vi.waitFor(() => expect(engine.active()).toBe(0), { timeout: 5_000 });
  });
});
