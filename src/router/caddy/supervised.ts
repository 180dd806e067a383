import { readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { errorCode } from '../../core/errors.ts';
import { canonicalJson, sha256 } from '../../core/hash.ts';
import type { RouterSettings } from '../../core/specs.ts';
import { ORIGIN } from './admin.ts';
import type { Admin } from './admin.ts';
import type { CaddyRouterOptions } from './options.ts';
import { ADMIN_IN_FOLDER, mendFolders, UPSTREAMS_IN_FOLDER } from './folders.ts';
import type { JsonObject } from './json.ts';
import { notedPid } from './pid.ts';
import type { Place } from './place.ts';
import { NOBODY } from './place.ts';
import { addressOf, httpsApps, serverConfig } from './server-config.ts';
import { FOLDER_IN_CADDY, startCaddy, STORAGE_IN_CADDY } from './start.ts';

const ID = 'faaso';
const WHOLE = '/config/';
/** A little longer than the grace period of the bootstrap configuration. */
const END_MS = 35_000;
/** A process that was killed is gone sooner. */
const GONE_MS = 1000;
/** Short: while the port changes hands nobody is served. */
const POLL_MS = 10;

/** A Caddy that faaso starts and has whole. It outlives this process. */
export function supervisedPlace(options: CaddyRouterOptions): Place {
  const upstreams = `${FOLDER_IN_CADDY}/${UPSTREAMS_IN_FOLDER}`;
  return {
    name: options.adminSocket,
    address: { kind: 'unix', path: options.adminSocket, origin: ORIGIN },
    upstreams: {
      path: join(options.folder, UPSTREAMS_IN_FOLDER),
      inCaddy: upstreams,
      shared: false,
    },
    config: async ({ settings, table }) =>
      await wholeConfig(options, settings, serverConfig(settings, table.entries, { id: ID, upstreams })),
    read: async (admin, known) => await admin.get(WHOLE, known).catch(nobody),
    isUp: async () => (await notedPid(options.folder)) !== undefined,
    write: async (admin, wanted, { etag }) => await admin.send('POST', WHOLE, wanted, etag),
    whenGone: async () => {
      const deadline = performance.now() + GONE_MS;
      while (performance.now() < deadline && (await notedPid(options.folder)) !== undefined)
        await delay(POLL_MS);
    },
    mend: async () => await mendFolders(options),
    start: async (wanted) => await startCaddy(options, wanted),
    end: async (admin) => {
      await endCaddy(options, admin);
      await rm(options.adminSocket, { force: true });
      await rm(options.folder, { recursive: true, force: true });
    },
  };
}

/** Tells it to finish what is in flight. One that does not hear, or takes longer than it may, is ended hard. */
async function endCaddy({ folder }: CaddyRouterOptions, admin: Admin): Promise<void> {
  const deadline = performance.now() + END_MS;
  const told = await admin.send('POST', '/stop').then(
    () => true,
    (error: unknown) => NOBODY.has(errorCode(error) ?? ''),
  );
  const pid = await notedPid(folder);
  if (pid === undefined) return;
  while (told && performance.now() < deadline && (await notedPid(folder)) === pid) await delay(POLL_MS);
  if ((await notedPid(folder)) === pid) process.kill(pid, 'SIGKILL');
  while ((await notedPid(folder)) === pid) await delay(POLL_MS);
}

function nobody(error: unknown): undefined {
  if (NOBODY.has(errorCode(error) ?? '')) return undefined;
  throw error;
}

/**
 * A server for nobody, whose address is another one in each configuration. While a listener is about to close, and only
 * then, Caddy keeps the old configuration serving beside the new one for `shutdown_delay`. So the servers before are
 * closed when the work of the change is done, rather than in the middle of it, where requests would be caught half-read.
 */
function turnOf(server: JsonObject): JsonObject {
  const name = sha256(canonicalJson(server)).slice(0, 12);
  return {
    listen: [`unix/${FOLDER_IN_CADDY}/${dirname(ADMIN_IN_FOLDER)}/${name}.sock|0600`],
    protocols: ['h1'],
    automatic_https: { disable: true },
  };
}

/** `caddy/bootstrap.json` with its placeholders filled in, and `server` in the place of its only one. */
async function wholeConfig(
  { bootstrap }: CaddyRouterOptions,
  settings: RouterSettings,
  server: JsonObject,
): Promise<JsonObject> {
  const values: Readonly<Record<string, string>> = {
    '{env.FAASO_CADDY_ADMIN}': `${FOLDER_IN_CADDY}/${ADMIN_IN_FOLDER}`,
    '{env.FAASO_CADDY_STORAGE}': STORAGE_IN_CADDY,
    '{env.FAASO_CADDY_LISTEN}': addressOf(settings.host, settings.port),
  };
  const whole = JSON.parse(await readFile(bootstrap, 'utf8'), (key, value: unknown) => {
    if (key === 'servers') return { [ID]: server, turn: turnOf(server) };
    if (typeof value !== 'string') return value;
    return value.replace(/\{env\.[A-Z_]+\}/g, (name) => values[name] ?? name);
  }) as { readonly apps: { readonly http: JsonObject } };
  const { http, others } = httpsApps(settings);
  return { ...whole, apps: { http: { ...whole.apps.http, ...http }, ...others } };
}
