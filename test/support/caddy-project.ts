/** What a router of kind caddy would be given for a written `functions.yml`, without anything that runs. */
import { fileURLToPath } from 'node:url';

import { loadProject } from '../../src/config/load.ts';
import { instanceId } from '../../src/core/names.ts';
import type { RouteTarget } from '../../src/router/router.ts';
import type { Served } from '../../src/router/routes-file.ts';
import { diagnosticsText } from './diagnostics-text.ts';
import { projectFolder } from './project-folder.ts';

const templates = fileURLToPath(new URL('templates', import.meta.url));

/** Functions that are not ready: name → why, and after how many seconds to ask again. */
export type Unready = Readonly<Record<string, readonly [reason: string, seconds: number]>>;

/** `firstPort`: of the first function by name; the others have the ports after it. */
export async function servedOf(file: string, unready: Unready = {}, firstPort = 20_000): Promise<Served> {
  const folder = projectFolder({ 'functions.yml': file });
  const result = await loadProject({ file: folder.file, overlays: [], env: {}, templates });
  if (result.kind === 'invalid') throw new Error(diagnosticsText(result.diagnostics));
  const { router, routes } = result.project;
  const names = [...new Set(routes.map((route) => route.function))].sort();
  const targetOf = (name: (typeof names)[number]): RouteTarget => {
    const [reason, retryAfterSeconds] = unready[name] ?? [];
    if (reason !== undefined && retryAfterSeconds !== undefined)
      return { kind: 'unready', reason, retryAfterSeconds };
    const port = firstPort + names.indexOf(name);
    return { kind: 'instance', instance: instanceId(`instance-${port}`), port };
  };
  const entries = routes.map((route) => ({ ...route, target: targetOf(route.function) }));
  return { settings: router, table: { entries } };
}
