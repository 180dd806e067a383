import fc from 'fast-check';
import { expect, test } from 'vitest';

import { instanceId } from '../../../src/core/names.ts';
import type { RouteEntry, RouteTarget } from '../../../src/router/router.ts';
import { serverConfig } from '../../../src/router/caddy/server-config.ts';
import { routeOf } from '../../support/releases.ts';
import { SETTINGS } from '../../contract/router/bench-options.ts';

const target = fc.oneof(
  fc.record({
    kind: fc.constant('instance' as const),
    instance: fc.stringMatching(/^[0-9a-f]{64}$/).map(instanceId),
    port: fc.integer({ min: 1, max: 65_535 }),
  }),
  fc.record({
    kind: fc.constant('unready' as const),
    reason: fc.string(),
    retryAfterSeconds: fc.nat({ max: 300 }),
  }),
);

const entry = fc
  .record({
    host: fc.constantFrom('', 'a.example.org', 'b.example.org'),
    path: fc.constantFrom('/', '/sum', '/sum/deep', '/a.b', '/%20'),
    name: fc.constantFrom('sum', 'mul', 'site'),
    stripPrefix: fc.boolean(),
    timeoutMs: fc.integer({ min: 1, max: 600_000 }),
    targets: fc.tuple(target, target),
  })
  .map(({ host, path, name, stripPrefix, timeoutMs, targets }) => {
    const route = routeOf(`${host}${path}`, name, { stripPrefix, timeoutMs });
    return targets.map((to: RouteTarget): RouteEntry => ({ ...route, target: to })) as [
      RouteEntry,
      RouteEntry,
    ];
  });

test('the same routes with other instances, ports or states are the same to Caddy', () => {
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 6 }), (pairs) => {
      const [before, after] = [0, 1].map((side) =>
        serverConfig(
          SETTINGS,
          pairs.map((pair) => pair[side as 0 | 1]),
          { id: 'faaso', upstreams: '/run/upstreams' },
        ),
      );
      expect(JSON.stringify(after)).toBe(JSON.stringify(before));
    }),
  );
});
