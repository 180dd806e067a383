import { errorCode } from '../../core/errors.ts';
import type { Admin, AdminAddress, Tagged } from './admin.ts';
import type { CaddyRouterOptions } from './options.ts';
import type { Place } from './place.ts';
import { NOBODY } from './place.ts';
import type { Json } from './json.ts';
import { serverConfig } from './server-config.ts';

const SERVERS = '/config/apps/http/servers';

/** A Caddy of the user's: one server in it is faaso's, found by its id; the rest is left alone. */
export function externalPlace(adminAddress: string, { id, upstreams }: CaddyRouterOptions): Place {
  return {
    name: adminAddress,
    address: parseAdmin(adminAddress),
    config: async ({ settings, table }) =>
      await Promise.resolve(serverConfig(settings, table.entries, { id, upstreams })),
    read: async (admin) => {
      try {
        // Nothing of ours is there yet: any value but the wanted one.
        return (await admin.get(`/id/${id}`)) ?? (await emptyPlace(admin));
      } catch (error) {
        if (NOBODY.has(errorCode(error) ?? '')) return undefined;
        throw error;
      }
    },
    write: async (admin, wanted, now) => {
      if (now.value === null) await create(admin, id, wanted, now.etag);
      else await admin.send('PATCH', `/id/${id}`, wanted, now.etag);
    },
    end: async (admin) => {
      if ((await admin.get(`/id/${id}`).catch(() => undefined)) !== undefined)
        await admin.send('DELETE', `/id/${id}`);
    },
  };
}

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
  else await admin.send('POST', '/config/', { apps: { http: { servers: { [id]: server } } } });
}

/** `unix//run/caddy/admin.sock`, as Caddy writes it, or an address such as `127.0.0.1:2019`. */
function parseAdmin(text: string): AdminAddress {
  if (text.startsWith('unix/'))
    return { kind: 'unix', path: text.slice('unix/'.length).replace(/\|.*$/, '') };
  return { kind: 'tcp', url: /^https?:/.test(text) ? text : `http://${text}` };
}
