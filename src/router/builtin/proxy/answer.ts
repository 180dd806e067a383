import type { IncomingMessage, ServerResponse } from 'node:http';

import type { Client } from './client.ts';
import type { Problem } from './problem.ts';
import { wireProblem } from './problem.ts';

/** How long the rest of a request is thrown away after its answer, so that the client gets to read the answer. */
const LINGER_MS = 5000;
/** How long a client may leave the end of an answer unread. */
const UNREAD_MS = 60_000;

/** Answers with a problem. `close`: the connection carries no other request. Returns the bytes of the answer's body. */
export function answerProblem(
  client: Client,
  req: IncomingMessage,
  res: ServerResponse,
  problem: Problem,
  requestId: string,
  close: boolean,
): number {
  const { status, title, headers, body } = wireProblem(problem, requestId);
  if (close) {
    headers.push('Connection', 'close');
    client.isRefused = true;
  }
  res.writeHead(status, title, headers);
  res.end(body);
  settle(client, req, res);
  return req.method === 'HEAD' ? 0 : Buffer.byteLength(body);
}

/** Sees to it that a connection whose answer is written does not stay for ever when its client does not go on. */
export function settle(client: Client, req: IncomingMessage, res: ServerResponse): void {
  const unread = !req.complete && hasBody(req);
  if (unread) req.resume();
  else if (res.writableFinished) return;
  client.endUnless(() => (req.complete || !unread) && res.writableFinished, unread ? LINGER_MS : UNREAD_MS);
}

/** Whether a request has a body, however long it will be. */
export function hasBody(req: IncomingMessage): boolean {
  const length = req.headers['content-length'];
  return (length !== undefined && length !== '0') || req.headers['transfer-encoding'] !== undefined;
}
