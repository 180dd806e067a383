import { readFileSync } from 'node:fs';

import type { RouterLimits } from '../../../core/specs.ts';

/** What `config/defaults.ts` promises. */
const DEFAULTS: Required<RouterLimits> = { connections: 16_384, connectionsPerAddress: 0, uploadRate: 100 };
/** Files that are open anyhow. */
const OWN_FILES = 128;

/** The limits with their defaults. A client may need a connection to its function besides its own. */
export function limitsOf(limits: RouterLimits): Required<RouterLimits> {
  const asked = { ...DEFAULTS, ...limits };
  const most = Math.floor((openFiles() - OWN_FILES) / 2);
  const connections = asked.connections === 0 ? most : Math.min(asked.connections, most);
  return { ...asked, connections: Number.isFinite(connections) ? connections : asked.connections };
}

/** How many files this process may open; Node raises the soft limit to the hard one when it starts. */
function openFiles(): number {
  try {
    const text = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return text === undefined ? Infinity : Number(text);
  } catch {
    return Infinity;
  }
}
