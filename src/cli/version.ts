import { readFileSync } from 'node:fs';

/** The version of this package. The same relative path holds from `src/cli` and from `dist/cli`. */
export function packageVersion(): string {
  const data: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  if (typeof data === 'object' && data !== null && 'version' in data && typeof data.version === 'string')
    return data.version;
  throw new Error('package.json has no version');
}
