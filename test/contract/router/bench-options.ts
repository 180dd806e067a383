import { join } from 'node:path';

import { fileURLToPath } from 'node:url';

import type { RouterSettings } from '../../../src/core/specs.ts';
import type { CaddyRouterOptions } from '../../../src/router/caddy/options.ts';

export const SETTINGS: RouterSettings = { kind: 'builtin', host: '127.0.0.1', port: 0, trustedProxies: [] };

/** Where a built-in router under test keeps its things. */
export function builtinOptions(folder: string): {
  socketPath: string;
  routesFile: string;
  logFile: string;
  accessLogFile: string;
} {
  return {
    socketPath: join(folder, 'run', 'router.sock'),
    routesFile: join(folder, 'routes.json'),
    logFile: join(folder, 'router.log'),
    accessLogFile: join(folder, 'access.log'),
  };
}

/** Where a Caddy under test keeps its things. */
export function caddyOptions(folder: string): CaddyRouterOptions {
  return {
    adminSocket: join(folder, 'run', 'caddy.sock'),
    folder: join(folder, 'run', 'caddy'),
    sharedUpstreams: join(folder, 'shared', 'upstreams'),
    routesFile: join(folder, 'routes.json'),
    configFile: join(folder, 'caddy.json'),
    programFile: join(folder, 'caddy-program'),
    storage: join(folder, 'storage'),
    bootstrap: fileURLToPath(new URL('../../../caddy/bootstrap.json', import.meta.url)),
    logFile: join(folder, 'caddy.log'),
    id: 'faaso-test',
  };
}
