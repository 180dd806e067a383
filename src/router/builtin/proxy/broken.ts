import { brokenLine } from '../access/line.ts';
import type { Client } from './client.ts';
import type { ProxyCore } from './core.ts';
import type { Problem } from './problem.ts';
import { rawProblem, wireProblem } from './problem.ts';
import { requestIdOf } from './request-id.ts';

export const MAX_HEADER_BYTES = 32_768;
/** How long what still comes is thrown away after the last answer: a reset would take the answer from the client. */
const LINGER_MS = 1000;

/**
 * Node's parser, or one of its timers, gives up on a connection. The answers before are still given; then comes one
 * that says what is wrong, unless what cannot be read has its answer already.
 */
export function giveUp(core: ProxyCore, client: Client, code: string): void {
  const { socket, latest } = client;
  if (socket.destroyed || code === 'ECONNRESET' || code === 'EPIPE') {
    socket.destroy();
    return;
  }
  if (client.isRefused) return;
  client.isRefused = true;
  const problem = parserProblem(code);
  const isBody = latest !== undefined && !latest.req.complete;
  if (isBody) for (const activity of client.activities) activity.onBroken(latest.req, problem);
  // What comes behind `Connection: close` is not read and has no answer.
  const isAnswered = isBody || code === 'HPE_CLOSED_CONNECTION';
  client.afterAnswers(() => {
    if (isAnswered) end(client, '');
    else endWith(core, client, problem);
  });
}

/** Ends a connection, with an answer to what is no request. */
export function endWith(core: ProxyCore, client: Client, problem: Problem): void {
  const requestId = requestIdOf(undefined);
  const { socket, peer } = client;
  // A connection that a browser opened ahead, and did not need, is nothing that was asked.
  const isAsked = problem.code !== 'request-timeout' || socket.bytesRead > 0;
  const answer = wireProblem(problem, requestId);
  end(client, rawProblem(answer));
  if (isAsked && core.logsByDefault)
    core.access?.write(brokenLine({ requestId, client: peer, problem, answer }));
}

function end(client: Client, text: string): void {
  client.socket.end(text);
  client.endUnless(() => false, LINGER_MS);
}

function parserProblem(code: string): Problem {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return {
        code: 'headers-too-large',
        detail: `the request's head has more than ${MAX_HEADER_BYTES} bytes`,
      };
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return { code: 'request-timeout', detail: 'the head of the request did not come in time' };
    default:
      return { code: 'request-invalid', detail: 'the request is not valid HTTP/1.1' };
  }
}
