import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import type { Check, DoctorContext } from '../../src/control/doctor/context.ts';
import type { Finding } from '../../src/core/finding.ts';
import { hostFacts } from '../../src/control/doctor/host.ts';
import type { HostFacts } from '../../src/control/doctor/host.ts';
import { listeners } from '../../src/control/doctor/listeners.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { createMemoryEngine } from '../../src/engine/memory.ts';
import { tempFolder } from './temp-folder.ts';

/** Facts of a machine whose `/proc`, `/etc` and `/run` are the given files; a text `→ x` is a link to x. */
export function fakeHost(
  files: Readonly<Record<string, string>>,
  change: Partial<HostFacts> = {},
): HostFacts {
  const root = tempFolder();
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    if (text.startsWith('→ ')) symlinkSync(text.slice(2), join(root, path));
    else writeFileSync(join(root, path), text);
  }
  return { ...hostFacts(root), uid: 0, ...change };
}

/** What a check finds on a machine with an engine in memory, without a project unless one is given. */
export async function found(
  check: Check,
  host: HostFacts,
  change: Partial<DoctorContext> & { readonly engine?: Engine } = {},
): Promise<readonly Finding[]> {
  const engine = change.engine ?? createMemoryEngine();
  return await check.run({
    host,
    env: {},
    engine,
    info: () => engine.info(),
    known: async () => await engine.info().catch(() => undefined),
    traces: async () => await engine.traces().catch(() => undefined),
    listeners: () => listeners(host),
    ...change,
  });
}
