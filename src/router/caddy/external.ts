import { errorCode, FaasoError } from '../../core/errors.ts';
import type { RouterSettings } from '../../core/specs.ts';
import { Admin, AdminError } from './admin.ts';
import type { AdminAddress, Tagged } from './admin.ts';
import { mendUpstreams } from './folders.ts';
import type { Json, JsonObject } from './json.ts';
import type { CaddyRouterOptions } from './options.ts';
import type { Place } from './place.ts';
import { NOBODY } from './place.ts';
import { serverConfig } from './server-config.ts';
import { verifyServed } from './verify.ts';
import { isTooOld, tooOld } from './version.ts';

const SERVERS = '/config/apps/http/servers';
/** Where Caddy's `http_port` is not set. */
const HTTP_PORT = 80;
const FORBIDDEN = 403;

/** A Caddy of the user's: one server in it is faaso's, found by its id; the rest is left alone. */
export function externalPlace(adminAddress: string, { id, sharedUpstreams }: CaddyRouterOptions): Place {
  let replaced: Json | undefined;
  return {
    name: adminAddress,
    address: parseAdmin(adminAddress),
    upstreams: { path: sharedUpstreams, inCaddy: sharedUpstreams, shared: true },
    mend: async () => await mendUpstreams(sharedUpstreams),
    config: async ({ settings, table }) =>
      await Promise.resolve(
        serverConfig(settings, table.entries, { id, upstreams: sharedUpstreams, tellsReadable: true }),
      ),
    read: async (admin, known) => {
      try {
        // Nothing of ours is there yet: any value but the wanted one.
        return (await admin.get(`/id/${id}`, known)) ?? (await emptyPlace(admin));
      } catch (error) {
        if (NOBODY.has(errorCode(error) ?? '')) return undefined;
        throw error;
      }
    },
    check: async (admin, { settings }) => await checkPlainPort(admin, settings),
    write: async (admin, wanted, now) => {
      replaced = now.value;
      if (now.value === null) await create(admin, id, wanted, now.etag);
      else await admin.send('PATCH', `/id/${id}`, wanted, now.etag);
    },
    verify: async ({ settings }, admin) => {
      try {
        await verifyServed(settings, sharedUpstreams);
      } catch (error) {
        await putBack(admin, id, replaced).catch(() => undefined);
        throw error;
      } finally {
        replaced = undefined;
      }
    },
    end: async (admin) => {
      if ((await admin.get(`/id/${id}`).catch(() => undefined)) !== undefined)
        await admin.send('DELETE', `/id/${id}`);
    },
  };
}

/** Rejects with `router-unreachable` when no Caddy answers there, with `router-unsupported` when it is too old. */
export async function checkExternal(adminAddress: string): Promise<void> {
  const admin = new Admin(parseAdmin(adminAddress));
  try {
    await admin.get('/config/admin');
    if (await isTooOld((caddyfile) => admin.adapt(caddyfile)))
      throw tooOld(`the Caddy on ${adminAddress} is an older one`);
  } catch (cause) {
    throw cause instanceof FaasoError ? cause : unreachable(adminAddress, cause);
  } finally {
    await admin.close();
  }
}

/** Whether the Caddy there carries the routes of a project. */
export async function hasRoutes(adminAddress: string, id: string): Promise<boolean> {
  const admin = new Admin(parseAdmin(adminAddress));
  try {
    return (await admin.get(`/id/${id}`)) !== undefined;
  } catch {
    return false;
  } finally {
    await admin.close();
  }
}

export function unreachable(name: string, cause?: unknown): FaasoError {
  const why = cause instanceof Error && cause.message !== '' ? ` (${cause.message})` : '';
  if (cause instanceof AdminError && cause.status === FORBIDDEN) {
    return new FaasoError('router-unreachable', `the Caddy on ${name} does not let faaso in${why}`, {
      cause,
      hint: 'in its admin options, leave out enforce_origin, and have the address of router.admin among the origins',
    });
  }
  return new FaasoError('router-unreachable', `no Caddy answers on ${name}${why}`, {
    cause,
    hint: 'start it, or set router.admin in functions.yml to the address of its admin API',
  });
}

/** One server has both listeners. Which of them is without TLS Caddy decides, by a number of its own. */
async function checkPlainPort(admin: Admin, { port, https }: RouterSettings): Promise<void> {
  if (https === undefined) return;
  const plain = (await admin.get('/config/apps/http/http_port'))?.value ?? HTTP_PORT;
  if (plain === port) return;
  const message = `port ${port} would speak TLS too: this Caddy leaves it out at its http_port alone, which is ${JSON.stringify(plain)}`;
  throw new FaasoError('router-refused', message, {
    hint: `set router.listen to that port, or http_port to ${port} in the configuration of that Caddy`,
  });
}

/** What was there before the last change, so that what serves nobody is in nobody's way; `undefined`: none was made. */
async function putBack(admin: Admin, id: string, replaced: Json | undefined): Promise<void> {
  if (replaced === null) await admin.send('DELETE', `/id/${id}`);
  else if (replaced !== undefined) await admin.send('PATCH', `/id/${id}`, replaced);
}

/** The tag is that of what the missing part is made in: a change beside it leaves the rest of the way as it was. */
async function emptyPlace(admin: Admin): Promise<Tagged> {
  return { value: null, etag: (await admin.get('/config/'))?.etag ?? '' };
}

/** Makes as much of the way to the servers as is missing. */
async function create(admin: Admin, id: string, server: Json, etag: string): Promise<void> {
  if ((await admin.get(SERVERS)) !== undefined) await admin.send('PUT', `${SERVERS}/${id}`, server, etag);
  else if ((await admin.get('/config/apps/http')) !== undefined)
    await admin.send('PUT', SERVERS, { [id]: server }, etag);
  else if ((await admin.get('/config/apps')) !== undefined)
    await admin.send('PUT', '/config/apps/http', { servers: { [id]: server } }, etag);
  else if ((await admin.get('/config/')) !== undefined)
    await admin.send('PUT', '/config/apps', { http: { servers: { [id]: server } } }, etag);
  else await admin.send('POST', '/config/', { apps: { http: { servers: { [id]: server } } } } as JsonObject);
}

/** `unix//run/caddy/admin.sock`, as Caddy writes it, or an address such as `127.0.0.1:2019`. */
function parseAdmin(text: string): AdminAddress {
  if (text.startsWith('unix/'))
    return { kind: 'unix', path: text.slice('unix/'.length).replace(/\|.*$/, '') };
  return { kind: 'tcp', url: /^https?:/.test(text) ? text : `http://${text}` };
}
