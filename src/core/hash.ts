import { createHash } from 'node:crypto';

import type { Revision } from './names.ts';
import { parseRevision } from './names.ts';
import type { Release } from './state.ts';

/** JSON with sorted keys and without `undefined`, so that equal values give equal text (RFC 8785's key order). */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const entries = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`);
  return `{${entries.join(',')}}`;
}

/** SHA-256 of text or bytes, as hexadecimal digits. */
export function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

/** The hash that decides "same": the first 16 hexadecimal digits of SHA-256 over canonical JSON. */
export function hashOf(value: unknown): string {
  return sha256(canonicalJson(value)).slice(0, 16);
}

/**
 * What a function is asked to be, as one hash: image, container spec and routes. Of secrets only the names count, so
 * that a rotation is not a change of what was asked for.
 */
export function desiredKey({
  revision,
  spec,
  routes,
}: Pick<Release, 'revision' | 'spec' | 'routes'>): string {
  const secrets = Object.keys(spec.secrets).sort();
  return hashOf({ revision, spec: { ...spec, secrets }, routes: routes.map(canonicalJson).sort() });
}

/** What of a release cannot be had again without a build or a new container, as one hash: {@link desiredKey} without routes. */
export function contentKey({ revision, spec }: Pick<Release, 'revision' | 'spec'>): string {
  return hashOf({ revision, spec: { ...spec, secrets: Object.keys(spec.secrets).sort() } });
}

/** {@link hashOf} as a revision. */
export function revisionOf(value: unknown): Revision {
  const revision = parseRevision(hashOf(value));
  if (revision === undefined) throw new Error('a hash is always a revision');
  return revision;
}
