/** Serves `(event, context)` as a request listener. */

import { sendAnswer } from './answer.mjs';
import { Context } from './context.mjs';
import { eventOf, NotJson } from './event.mjs';
import { sendProblem } from './problems.mjs';

/** The listener rejects with what the handler throws. */
export function functionListener(handler) {
  return async (request, response) => {
    const body = await readBody(request);
    if (!body) return;
    const context = new Context(request, response, body);
    let event;
    try {
      event = eventOf(context);
    } catch (error) {
      if (!(error instanceof NotJson)) throw error;
      const detail = `The body is not valid JSON: ${error.message}`;
      sendProblem(response, 400, 'Bad Request', { code: 'invalid-json', detail });
      return;
    }
    await sendAnswer(response, await handler(event, context));
  };
}

/** The whole body; `undefined` when the client went away before its end. */
function readBody(request) {
  return new Promise((resolve) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => resolve(Buffer.concat(chunks)));
    request.on('error', () => resolve(undefined));
  });
}
