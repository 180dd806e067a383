import { spawn } from 'node:child_process';
import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

import { errorCode } from '../../core/errors.ts';
import type { HttpsSettings, RouterSettings } from '../../core/specs.ts';
import { writeFileAtomic } from '../../files/atomic.ts';
import type { Admin } from './admin.ts';
import type { CaddyRouterOptions } from './options.ts';
import type { Place, Started } from './place.ts';
import { NOBODY } from './place.ts';
import type { Json, JsonObject } from './json.ts';
import { addressOf, serverConfig } from './server-config.ts';

const ID = 'faaso';
const WHOLE = '/config/';
/** A little longer than the grace period of the bootstrap configuration. */
const END_MS = 35_000;
const POLL_MS = 50;
const WORDS = 500;

/** A Caddy that faaso starts and has whole. It outlives this process. */
export function supervisedPlace(options: CaddyRouterOptions): Place {
  return {
    name: options.adminSocket,
    address: { kind: 'unix', path: options.adminSocket },
    config: async ({ settings, table }) =>
      await wholeConfig(
        options,
        settings,
        serverConfig(settings, table.entries, { id: ID, upstreams: options.upstreams }),
      ),
    read: async (admin) => await admin.get(WHOLE).catch(nobody),
    write: async (admin, wanted, { etag }) => await admin.send('POST', WHOLE, wanted, etag),
    start: async (wanted) => await start(options, wanted),
    end: async (admin) => {
      const pause = async (): Promise<boolean> => await delay(POLL_MS, true);
      const told = await admin.send('POST', '/stop').then(
        () => true,
        (error: unknown) => nobody(error) !== undefined,
      );
      const deadline = performance.now() + END_MS;
      while (told && performance.now() < deadline && (await isUp(admin))) await pause();
      await rm(options.adminSocket, { force: true });
    },
  };
}

async function isUp(admin: Admin): Promise<boolean> {
  return (await admin.get('/config/admin').catch(() => undefined)) !== undefined;
}

function nobody(error: unknown): undefined {
  if (NOBODY.has(errorCode(error) ?? '')) return undefined;
  throw error;
}

/** `caddy/bootstrap.json` with its placeholders filled in, and `server` in the place of its only one. */
async function wholeConfig(
  { bootstrap, adminSocket, storage }: CaddyRouterOptions,
  settings: RouterSettings,
  server: JsonObject,
): Promise<JsonObject> {
  const values: Readonly<Record<string, string>> = {
    '{env.FAASO_CADDY_ADMIN}': adminSocket,
    '{env.FAASO_CADDY_STORAGE}': storage,
    '{env.FAASO_CADDY_LISTEN}': addressOf(settings.host, settings.port),
  };
  const whole = JSON.parse(await readFile(bootstrap, 'utf8'), (key, value: unknown) => {
    if (key === 'servers') return { [ID]: server };
    if (typeof value !== 'string') return value;
    return value.replace(/\{env\.[A-Z_]+\}/g, (name) => values[name] ?? name);
  }) as { readonly apps: { readonly http: JsonObject } };
  const { https } = settings;
  if (https === undefined) return whole;
  return {
    ...whole,
    apps: {
      http: { ...whole.apps.http, http_port: settings.port, https_port: https.port },
      tls: { automation: { policies: [{ issuers: [issuer(https)] }] } },
      // The internal authority is not made known to this machine: that is the user's to decide.
      pki: { certificate_authorities: { local: { install_trust: false } } },
    },
  };
}

function issuer({ issuer: module, email }: HttpsSettings): JsonObject {
  return { module, ...(module === 'acme' && email !== undefined ? { email } : {}) };
}

/** In a session of its own, so that neither a Ctrl-C nor the end of this process ends it. */
async function start(options: CaddyRouterOptions, wanted: Json): Promise<Started> {
  await mkdir(options.storage, { recursive: true, mode: 0o700 });
  // Left by one that was killed: Caddy would not listen there.
  await rm(options.adminSocket, { force: true });
  await writeFileAtomic(options.configFile, JSON.stringify(wanted), 0o600);
  const log = await open(options.logFile, 'a', 0o600);
  const begin = (await log.stat()).size;
  try {
    const child = spawn(options.binary ?? 'caddy', ['run', '--config', options.configFile], {
      detached: true,
      cwd: '/',
      env: { PATH: process.env['PATH'], HOME: options.storage, XDG_DATA_HOME: options.storage, TZ: 'UTC' },
      stdio: ['ignore', log.fd, log.fd],
    });
    child.unref();
    return {
      exitCode: () => child.exitCode ?? (child.signalCode === null ? null : 1),
      lastWords: async () => (await readFile(options.logFile, 'utf8')).slice(begin).trim().slice(-WORDS),
      onExit: (listener) => child.once('exit', listener),
    };
  } finally {
    await log.close();
  }
}
