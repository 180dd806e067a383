import { join } from 'node:path';

import type { RouterSettings } from '../../../src/core/specs.ts';

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
