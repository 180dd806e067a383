/** What is served, for a Caddy that goes on without faaso. Pure. */
import type { Served } from '../routes-file.ts';
import { caddyfile } from './caddyfile.ts';
import type { Json, JsonObject } from './json.ts';
import { leftBehind } from './left-behind.ts';
import { httpsApps, serverConfig } from './server-config.ts';

export interface CaddyExport {
  /** For people: what the routes say, in the words of the Caddyfile. */
  readonly caddyfile: string;
  /** What faaso itself would tell Caddy, with the addresses of now. */
  readonly config: { readonly apps: Readonly<Record<string, Json>> };
  /** What does not come along, a sentence each; in the Caddyfile it stands in the comments. */
  readonly leftBehind: readonly string[];
}

/** Where the system chose the port. */
const PORT = 8080;

/** `project`: its name. */
export function exportCaddy(project: string, { settings: served, table }: Served): CaddyExport {
  const settings = served.port === 0 ? { ...served, port: PORT } : served;
  const { http, others } = httpsApps(settings);
  const server: JsonObject = serverConfig(settings, table.entries, { id: project });
  return {
    caddyfile: caddyfile(project, { settings, table }),
    leftBehind: leftBehind(settings, table.entries),
    config: { apps: { http: { ...http, servers: { [project]: server } }, ...others } },
  };
}
