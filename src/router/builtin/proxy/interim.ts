import type { ServerResponse } from 'node:http';

import type { ResponseHead } from '../upstream/response-head.ts';
import { headLines } from './pairs.ts';

/**
 * Passes on an interim answer, such as 103. Node writes only some of them, and reads them first. Nothing of the final
 * answer is written yet; while an answer before it is, there is no socket, and the hint comes too late to help.
 */
export function interim(res: ServerResponse, head: ResponseHead): void {
  res.socket?.write(`HTTP/1.1 ${head.status} ${head.reason}\r\n${headLines(head.headers)}\r\n`, 'latin1');
}
