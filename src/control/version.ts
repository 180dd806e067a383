import { createRequire } from 'node:module';

/** Read when this module is loaded: an upgrade puts another file in its place while a daemon runs. */
const { version: own } = createRequire(import.meta.url)('../../package.json') as { readonly version: string };

/** The version of this faaso, from its package. */
export function version(): string {
  return own;
}
