import { createRequire } from 'node:module';

/** The version of this faaso, from its package. */
export function version(): string {
  const data = createRequire(import.meta.url)('../../package.json') as { readonly version: string };
  return data.version;
}
