import { expect, it } from 'vitest';

import { renderPlan } from '../../../src/cli/render/plan.ts';
import { createPaint } from '../../../src/cli/render/paint.ts';
import type { FailureHook } from '../../../src/core/specs.ts';
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

it.each([
  [undefined, hook('https://a.example/token1'), 'none', 'url https://a.example'],
  [hook('https://a.example/token1'), undefined, 'url https://a.example', 'none'],
  [
    hook('https://a.example/token1'),
    hook('https://a.example/token2'),
    'url https://a.example',
    'url https://a.example, changed',
  ],
  [
    hook('https://a.example/token1'),
    { kind: 'command', argv: ['notify', '--token', 'x'], timeoutMs: 1 } as const,
    'url https://a.example',
    'command notify',
  ],
])('who is told of failures is a setting, shown without what may be a token', (before, after, from, to) => {
  const settings = {
    applied: { ...applied, ...(before === undefined ? {} : { onFailure: before }) },
    desired: { ...applied, ...(after === undefined ? {} : { onFailure: after }) },
  };
  expect(plan({ ...nothing, settings }).settings).toEqual([{ key: 'on_failure', from, to }]);
});

function hook(url: string): FailureHook {
  return { kind: 'url', url, timeoutMs: 10_000 };
}
