/** Caddy would open a tunnel for any upgrade, even for one that comes with a body, or that nobody asked for. */
import type { JsonObject } from './json.ts';
import { problemAnswer } from './problems.ts';

/** What `Upgrade` says of a WebSocket. */
const WEBSOCKET = { pattern: '^(?i:websocket)$' };

/** Makes a plain request of one that asks for another protocol. */
export const PLAIN_UNLESS_WEBSOCKET: JsonObject = {
  match: [{ not: [{ header_regexp: { Upgrade: WEBSOCKET } }] }],
  handle: [{ handler: 'headers', request: { delete: ['Upgrade', 'Http2-Settings'] } }],
};

/** Name of the route for answers that change the protocol. */
export const SWITCH = 'switch';

/** Passes on the switch to a WebSocket that was asked for, and no other. */
export const SWITCH_ROUTE: JsonObject = {
  handle: [
    {
      handler: 'subroute',
      routes: [
        {
          match: [
            {
              header_regexp: { Upgrade: WEBSOCKET },
              vars_regexp: { '{http.reverse_proxy.header.Upgrade}': WEBSOCKET },
            },
          ],
          handle: [{ handler: 'copy_response' }],
          terminal: true,
        },
        {
          handle: [
            problemAnswer(
              'function-answer-invalid',
              'function "{http.vars.faaso_function}" gave an answer that is not valid HTTP',
            ),
          ],
        },
      ],
    },
  ],
};
