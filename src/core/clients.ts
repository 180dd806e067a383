/** Clients of a route: their names, and their API keys. */
import { randomBytes } from 'node:crypto';

import { sha256 } from './hash.ts';

/** What a client is called in the access log and in `X-Faaso-Client`; a user of HTTP Basic has no colon in its name. */
export const CLIENT_NAME_PATTERN = '^[A-Za-z0-9._@+-]{1,64}$';
/** What a client's name may be, in words for an error. */
export const CLIENT_NAME_RULE = 'letters, digits, ".", "_", "@", "+" and "-", at most 64';
/** The hash of an API key, as the files say it. */
export const KEY_HASH_PATTERN = '^sha256:[0-9a-fA-F]{64}$';

const KEY_BYTES = 32;

/** A new API key: it says of itself what it is, so that whatever looks for secrets finds it. */
export function newKey(): { readonly key: string; readonly hash: string } {
  const key = `faaso_${randomBytes(KEY_BYTES).toString('base64url')}`;
  return { key, hash: `sha256:${sha256(key)}` };
}

export function isClientName(text: string): boolean {
  return new RegExp(CLIENT_NAME_PATTERN).test(text);
}
