import { expect, test } from 'vitest';

import { DEFAULTS } from '../../../src/config/defaults.ts';
import { builtinOnly, builtinOnlySettings } from '../../../src/config/protection.ts';
import { parseFunctionName, parseRoutePath } from '../../../src/core/names.ts';
import type { Route, RouterSettings } from '../../../src/core/specs.ts';
import { limitsOf } from '../../../src/router/builtin/proxy/limits.ts';

const path = parseRoutePath('/a');
const name = parseFunctionName('sum');
if (!path.ok || name === undefined) throw new Error('they are valid');
const plain: Route = {
  path: path.path,
  function: name,
  stripPrefix: true,
  timeoutMs: 1000,
  maxBodyBytes: 10,
  methods: ['GET'],
  host: 'example.org',
};
const settings: RouterSettings = {
  kind: 'builtin',
  host: '127.0.0.1',
  port: 80,
  trustedProxies: ['10.0.0.1'],
};

test('the keys that only the builtin router carries are named as the file names them', () => {
  expect(builtinOnly(plain)).toEqual([]);
  expect(
    builtinOnly({
      ...plain,
      auth: { keys: {}, basic: {} },
      concurrency: { requests: 1, queue: 1, waitMs: 1 },
      rateLimit: { requests: 1, perMs: 1, burst: 1, by: 'client' },
      public: false,
      accessLog: false,
    }),
  ).toEqual(['auth', 'max_concurrency', 'rate_limit', 'public', 'access_log']);
  expect(builtinOnlySettings(settings)).toEqual([]);
  expect(builtinOnlySettings({ ...settings, accessLog: true, limits: { connections: 1 } })).toEqual([
    'access_log',
    'limits',
  ]);
});

test('the router has the limits that the schema promises', () => {
  const { connections, ...others } = limitsOf({});
  expect(connections).toBeLessThanOrEqual(DEFAULTS.routerLimits.connections);
  expect({ connections: DEFAULTS.routerLimits.connections, ...others }).toEqual(DEFAULTS.routerLimits);
  expect(limitsOf({ connections: 5, uploadRate: 0 })).toEqual({
    connections: 5,
    connectionsPerAddress: 0,
    uploadRate: 0,
  });
});
