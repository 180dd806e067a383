import { request } from 'undici';

import { FaasoError } from '../../core/errors.ts';
import type { RouterSettings } from '../../core/specs.ts';
import { addressOf, READABLE_HEADER } from './server-config.ts';

const VERIFY_MS = 5000;
/** What Go's server says in plain text where TLS is spoken. */
const SPEAKS_TLS = 'HTTP request to an HTTPS server';

/** Whether our server in a Caddy of the user's is reached from here, and can read where the functions are. */
export async function verifyServed({ host, port }: RouterSettings, folder: string): Promise<void> {
  const near = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  const { headers, text } = await ask(`http://${addressOf(near, port)}/_faaso/`).catch((cause: unknown) => {
    throw new FaasoError('router-refused', `Caddy took the routes, and nothing answers on ${host}:${port}`, {
      cause,
      hint: 'it must run on this host, outside of a container (or in the network of the host)',
    });
  });
  const readable = headers[READABLE_HEADER];
  if (readable === 'yes') return;
  if (text.includes(SPEAKS_TLS)) {
    throw new FaasoError(
      'router-refused',
      `Caddy speaks TLS on ${host}:${port} too: it leaves it out at its http_port alone`,
      {
        hint: `write "http_port ${port}" in the global options of its Caddyfile, or set router.listen to its http_port`,
      },
    );
  }
  if (readable === undefined) {
    throw new FaasoError(
      'router-refused',
      `Caddy took the routes, and something else answers on ${host}:${port}`,
      {
        hint: 'see which of its servers, or which other program, listens there: ss -ltnp',
      },
    );
  }
  throw new FaasoError('router-refused', `Caddy cannot read ${folder}, which says where the functions are`, {
    hint: 'let its user read that folder; a service with PrivateTmp has a /tmp of its own',
  });
}

async function ask(
  url: string,
): Promise<{ readonly headers: Readonly<Record<string, unknown>>; readonly text: string }> {
  const { headers, body } = await request(url, {
    headersTimeout: VERIFY_MS,
    bodyTimeout: VERIFY_MS,
    reset: true,
  });
  return { headers, text: await body.text() };
}
