import type { ServerResponse } from 'node:http';

import type { ResponseHead } from '../upstream/response-head.ts';
import { pairs } from './pairs.ts';

/** Passes on the links of a 103. Node takes only those that it can read; a hint that it cannot is no loss. */
export function earlyHints(res: ServerResponse, head: ResponseHead): void {
  const link = pairs(head.headers)
    .filter(([name]) => name.toLowerCase() === 'link')
    .map(([, value]) => value);
  try {
    if (link.length > 0) res.writeEarlyHints({ link });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_INVALID_ARG_VALUE') throw error;
  }
}
