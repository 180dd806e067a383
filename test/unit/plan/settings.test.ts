import { expect, it } from 'vitest';

import { renderPlan } from '../../../src/cli/render/plan.ts';
import { createPaint } from '../../../src/cli/render/paint.ts';
import { isEmpty } from '../../../src/core/steps.ts';
import { plan } from '../../../src/plan/plan.ts';
import type { Settings } from '../../../src/plan/reasons.ts';

const applied: Settings = {
  overlays: [],
  ports: { first: 20_000, last: 20_999 },
  router: { kind: 'builtin', host: '127.0.0.1', port: 8080, trustedProxies: [] },
};
const open: Settings = { ...applied, router: { ...applied.router, host: '0.0.0.0' } };
const nothing = { desired: [], applied: {}, observed: [] };

it('a router that is to listen elsewhere makes a plan that is not empty and says so', () => {
  const result = plan({ ...nothing, settings: { applied, desired: open } });
  expect(isEmpty(result)).toBe(false);
  expect(renderPlan(result, 'faaso apply', false, createPaint(false))).toEqual([
    'router listens on: 127.0.0.1:8080 → 0.0.0.0:8080',
    '',
    '1 setting to change. Apply with: faaso apply',
  ]);
});

it('equal settings change nothing, and neither does an apply of named functions', () => {
  expect(isEmpty(plan({ ...nothing, settings: { applied, desired: applied } }))).toBe(true);
  expect(isEmpty(plan({ ...nothing, settings: { applied, desired: open }, only: [] }))).toBe(true);
});
