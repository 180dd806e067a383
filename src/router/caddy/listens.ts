import type { RouterSettings } from '../../core/specs.ts';
import type { Json, JsonObject } from './json.ts';

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Addresses that `wanted` listens on, with a port that `now` does not have yet. */
export function newPorts(now: Json | undefined, wanted: Json): readonly Address[] {
  const known = new Set(listens(now ?? null).map(({ port }) => port));
  return listens(wanted).filter(({ port }) => !known.has(port));
}

/** The one of the router's addresses that Caddy names in its words: that for HTTPS, or else the plain one. */
export function addressNamed({ host, port, https }: RouterSettings, words: string): Address {
  return https !== undefined && new RegExp(`:${https.port}\\b`).test(words) ? https : { host, port };
}

/** Of a server, or of all servers of a whole configuration. */
function listens(value: Json): readonly Address[] {
  if (!isObject(value)) return [];
  if (isObject(value['apps'])) {
    const { http } = value['apps'];
    const servers = isObject(http) && isObject(http['servers']) ? Object.values(http['servers']) : [];
    return servers.flatMap(listens);
  }
  const { listen } = value;
  const texts = Array.isArray(listen) ? (listen as readonly Json[]) : [];
  return texts.flatMap((text) => {
    const [, host, port] = typeof text === 'string' ? (/^\[?(.*?)\]?:(\d+)$/.exec(text) ?? []) : [];
    return host === undefined ? [] : [{ host, port: Number(port) }];
  });
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
