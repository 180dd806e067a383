/** Routes as a Caddyfile that somebody reads and goes on with: https://caddyserver.com/docs/caddyfile */
import type { RouterSettings } from '../../core/specs.ts';
import { PROBLEMS } from '../problems.ts';
import type { ProblemCode } from '../problems.ts';
import type { RouteEntry } from '../router.ts';
import type { Served } from '../routes-file.ts';
import { block, comment, token } from './caddyfile-lines.ts';
import { notes } from './caddyfile-notes.ts';
import { routeLines } from './caddyfile-routes.ts';
import { guardsOf } from './carried.ts';
import { addressOf, hostsOf } from './server-config.ts';

const HTTP_PORT = 80;
const HTTPS_PORT = 443;
/** Codes, and what there is to say of them without knowing the route. */
const GUARDED = ['route-guarded', 'what guards this route is not here'] as const;
const ERRORS = [
  ['path-invalid', 'the path has a dot segment'],
  ['no-route', 'no route leads here'],
  ['method-not-allowed', 'no route here takes this method'],
  ['body-too-large', 'the body is larger than this route takes'],
  ['function-not-ready', 'the function is not ready'],
  ['function-timeout', 'the function did not answer within its timeout'],
] as const;

/** `project`: its name. The port of the settings is not 0. */
export function caddyfile(project: string, { settings, table: { entries } }: Served): string {
  const isGuarded = entries.some((entry) => guardsOf(entry).length > 0);
  const site = [...routeLines(settings, entries), '', ...errorLines(isGuarded)];
  const sections = [
    [...notes(project, settings, entries), ...block('', globalOptions(settings))],
    ...snippets(),
    ...sites(settings, entries, site),
  ];
  return `${sections.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function globalOptions({ port, https, trustedProxies }: RouterSettings): readonly string[] {
  const servers = [
    ...block('timeouts', ['read_body_idle -1s']),
    ...(https === undefined ? ['protocols h1'] : []),
    ...(trustedProxies.length === 0
      ? []
      : [`trusted_proxies static ${trustedProxies.map(token).join(' ')}`, 'trusted_proxies_strict']),
  ];
  return [
    `auto_https ${https === undefined ? 'off' : 'disable_redirects'}`,
    ...(https === undefined || port === HTTP_PORT ? [] : [`http_port ${port}`]),
    ...(https === undefined || https.port === HTTPS_PORT ? [] : [`https_port ${https.port}`]),
    ...(https?.email === undefined ? [] : [`email ${token(https.email)}`]),
    ...(https?.issuer === 'internal' ? ['local_certs', 'skip_install_trust'] : []),
    ...block('servers', servers),
  ];
}

function snippets(): readonly (readonly string[])[] {
  const answer = `{"type":"about:blank","title":"{args[1]}","status":{args[0]},"code":"{args[2]}","detail":"{args[3]}","request_id":"{http.request.header.X-Request-Id}"}`;
  return [
    [
      ...comment('A function: its address, and how many milliseconds it has until its first byte.'),
      ...block('(function)', [
        '@own path /_faaso /_faaso/*',
        'error @own 404',
        'request_header X-Faaso-Timeout-Ms {args[1]}',
        ...block('reverse_proxy {args[0]}', [
          'header_down -Via',
          ...block('transport http', ['compression off', 'response_header_timeout {args[1]}ms']),
        ]),
      ]),
    ],
    [
      ...comment('An answer of its own (RFC 9457): status, title, code, detail.'),
      ...block('(problem)', [
        'header Content-Type application/problem+json',
        'header Cache-Control no-store',
        'header X-Request-Id {http.request.header.X-Request-Id}',
        `respond \`${answer}\` {args[0]}`,
      ]),
    ],
  ];
}

/** One for everybody; with certificates the hosts have one of their own, and the plain one leads there. */
function sites(
  { host, port, https }: RouterSettings,
  entries: readonly RouteEntry[],
  lines: readonly string[],
): readonly (readonly string[])[] {
  const hosts = hostsOf(entries);
  const plain = `http://:${port}`;
  if (https === undefined || hosts.length === 0) return [block(plain, [`bind ${host}`, '', ...lines])];
  const secure = hosts.map((name) => `https://${addressOf(name, https.port)}`);
  const to = https.port === HTTPS_PORT ? '' : `:${https.port}`;
  return [
    block('(routes)', lines),
    block(plain, [
      `bind ${host}`,
      `@secure host ${hosts.join(' ')}`,
      `redir @secure https://{host}${to}{uri} 308`,
      'import routes',
    ]),
    block(secure.join(', '), [`bind ${https.host}`, 'import routes']),
  ];
}

function errorLines(isGuarded: boolean): readonly string[] {
  const problem = (code: ProblemCode, detail: string): string => {
    const [status, title] = PROBLEMS[code];
    return `import problem ${[String(status), title, code, detail].map(token).join(' ')}`;
  };
  return [
    ...[...(isGuarded ? [GUARDED] : []), ...ERRORS].flatMap(([code, detail]) =>
      block(`handle_errors ${PROBLEMS[code][0]}`, [problem(code, detail)]),
    ),
    ...block('handle_errors 502', [
      '@refused expression `{http.error.message}.contains("connection refused")`',
      ...block('handle @refused', [
        'header Retry-After 1',
        problem('function-refused', 'the function refused the connection'),
      ]),
      ...block('handle', [
        problem('function-broke-off', 'the function broke off before its answer was complete'),
      ]),
    ]),
  ];
}
