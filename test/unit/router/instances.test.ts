import { expect, test } from 'vitest';

import { instanceId, parseFunctionName } from '../../../src/core/names.ts';
import { Instances } from '../../../src/router/builtin/proxy/instances.ts';
import type { InFlight } from '../../../src/router/builtin/proxy/instances.ts';

const name = parseFunctionName('sum');
if (name === undefined) throw new Error('that is a name');
const item: InFlight = {
  functionName: name,
  endless: false,
  tick: () => undefined,
  endForDrain: () => undefined,
};

test('what comes to an instance after it was forgotten is counted, timed and drained like all else', async () => {
  const instances = new Instances();
  const id = instanceId('a'.repeat(64));
  const late = instances.get(id, 1);
  instances.retain(new Set());
  let ticks = 0;
  let ended = 0;
  const timed: InFlight = { ...item, tick: () => ticks++, endForDrain: () => ended++ };
  late.add(timed);
  expect(instances.count()).toEqual({ sum: 1 });
  expect(instances.countByInstance()).toEqual({ [id]: 1 });
  await expect.poll(() => ticks).toBeGreaterThan(0);
  const drained = instances.drain(id, 0);
  await expect.poll(() => ended).toBe(1);
  // The same instance in a later table is another object; the late one is drained and counted with it.
  const again = instances.get(id, 1);
  again.add(item);
  expect(instances.countByInstance()).toEqual({ [id]: 2 });
  late.delete(timed);
  await drained;
  expect(instances.count()).toEqual({ sum: 1 });
  again.delete(item);
  expect(instances.count()).toEqual({});
});
