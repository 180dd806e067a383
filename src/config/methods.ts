import { METHODS } from 'node:http';

import { quoted } from './source.ts';
import { closest } from './suggest.ts';

/** Never routed: one asks for a tunnel, the other echoes headers, cookies included, to whoever asks. */
const UNROUTED = new Set(['CONNECT', 'TRACE']);

/** Why `method` cannot be routed; `undefined` when it can. */
export function methodProblem(
  method: string,
): { readonly message: string; readonly suggestion?: string } | undefined {
  if (UNROUTED.has(method)) return { message: `${method} is never routed` };
  if (METHODS.includes(method)) return undefined;
  const suggestion = closest(method, METHODS);
  return {
    message: `${quoted(method)} is not an HTTP method`,
    ...(suggestion === undefined ? {} : { suggestion }),
  };
}
