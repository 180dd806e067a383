import { expect, it } from 'vitest';

import { takeDown } from '../../../src/control/down.ts';
import { projectPaths } from '../../../src/core/paths.ts';
import type { FaasoEvent } from '../../../src/core/events.ts';
import { createMemoryEngine } from '../../../src/engine/memory.ts';
import { functionName, releaseOf } from '../../contract/engine/harness.ts';

it('says each function once, however many of its instances still drain', async () => {
  const engine = createMemoryEngine();
  engine.addImage('image:1');
  const identity = { name: 'demo', root: '/demo' };
  for (const [index, name] of ['f', 'f', 'g'].entries()) {
    const release = releaseOf(functionName(name), 'image:1', { env: { INDEX: String(index) } });
    await engine.start({ project: identity, release, port: 20_000 + index, attempt: 0 });
  }
  const told: string[] = [];
  const emit = (event: Omit<FaasoEvent, 'at' | 'runId'>): void => {
    if ('function' in event) told.push(`${String(event.function)} ${event.kind}`);
  };
  const faaso = {
    engine,
    paths: projectPaths('/demo', { uid: 0, run: '/nowhere/demo' }),
    roots: async () => new Set(['/demo']),
    isHandedOver: async () => false,
    claims: async () => false,
  };
  const forget = async (): Promise<void> => undefined;
  const answer = await takeDown(faaso, { identity, images: false, volumes: false, emit, forget });
  expect(answer).toMatchObject({ instances: 3 });
  expect(told.sort()).toEqual(['f function-done', 'g function-done']);
  expect(await engine.instances({})).toEqual([]);
});
