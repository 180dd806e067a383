/** What becomes of a request by its scheme and port, before any route is looked for. Pure. */
import type { ExplainRequest, Explanation } from '../core/explanation.ts';
import type { Route, RouterSettings } from '../core/specs.ts';
import { hostName } from '../router/table.ts';

const PORTS = { http: 80, https: 443 } as const;
const PLAIN: ByScheme = { answer: null, isTls: false, notes: [] };

export interface ByScheme {
  /** What is answered whatever the path; `null`: what the routes say. */
  readonly answer: Explanation['answer'];
  /** Whether the router itself takes it over TLS. */
  readonly isTls: boolean;
  /** What else is to be known. */
  readonly notes: readonly string[];
}

/** `listen`: where the router takes HTTP, `host:port`; `undefined`: not known. `routes`: those that are applied. */
export function byScheme(
  { authority, scheme, target }: ExplainRequest,
  listen: string | undefined,
  https: RouterSettings['https'],
  routes: readonly Route[],
): ByScheme {
  if (authority === undefined || listen === undefined) return PLAIN;
  const answered = (status: number | null, code: string, why: string): ByScheme => ({
    ...PLAIN,
    answer: { status, code, why },
  });
  const port = Number(/:(\d+)$/.exec(authority)?.[1] ?? PORTS[scheme]);
  const host = hostName(authority);
  const isNamed = routes.some((route) => route.host === host);
  if (port === https?.port) {
    if (scheme === 'http') return answered(400, 'https-wanted', `port ${port} is for HTTPS`);
    if (isNamed) return { ...PLAIN, isTls: true };
    const why = `the TLS handshake fails: no route names the host ${host}, so there is no certificate for it`;
    return answered(null, 'no-certificate', why);
  }
  if (scheme === 'http' && listen.endsWith(`:${port}`)) {
    if (https === undefined || !isNamed) return PLAIN;
    const there = `${httpsOrigin(host, https)}${target}`;
    return answered(308, 'https', `${host} is served over HTTPS: faaso explain ${there}`);
  }
  const also = https === undefined ? '' : ` and https://${https.host}:${https.port}`;
  return {
    ...PLAIN,
    notes: [
      `the router listens on http://${listen}${also}; what goes to port ${port}${scheme === 'https' ? ' with TLS' : ''} reaches it only through something in front of it`,
    ],
  };
}

/** `https://example.org`, with the port where it is not the usual one. */
export function httpsOrigin(host: string, { port }: NonNullable<RouterSettings['https']>): string {
  return `https://${host}${port === PORTS.https ? '' : `:${port}`}`;
}
