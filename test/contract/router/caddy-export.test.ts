import { describe, expect, test } from 'vitest';

import { exportCaddy } from '../../../src/router/caddy/export.ts';
import type { RouteEntry } from '../../../src/router/router.ts';
import { CADDY_LACKS } from '../../support/caddy.ts';
import { runExported } from '../../support/exported-caddy.ts';
import { http } from '../../support/project-http.ts';
import { echo, headerValues, startFunction } from '../../support/upstream.ts';
import type { Seen } from '../../support/upstream.ts';
import { SETTINGS } from './bench-options.ts';
import { route } from './bench.ts';

const PORT = 8080;
const auth = { keys: { ci: 'a'.repeat(64) }, basic: {} };

/** Runs what is exported of the routes, and gives the URL. */
async function run(
  adapter: 'json' | 'caddyfile',
  entries: readonly RouteEntry[],
  trustedProxies: readonly string[] = [],
): Promise<string> {
  const { caddyfile, config } = exportCaddy('shop', {
    settings: { ...SETTINGS, port: PORT, trustedProxies },
    table: { entries },
  });
  return await runExported(adapter === 'json' ? JSON.stringify(config) : caddyfile, adapter, PORT);
}

describe.skipIf(CADDY_LACKS !== '').each(['json', 'caddyfile'] as const)(
  `what is exported as %s${CADDY_LACKS}`,
  (adapter) => {
    test('lets nobody through where faaso guards, wherever another route lies around it', async () => {
      const { port } = await startFunction((_request, response) => response.end('let in'));
      const url = await run(adapter, [
        route('/', port),
        route('/admin', port, { auth }),
        route('/admin/open', port),
        route('/near', port, { public: false, stripPrefix: true }),
        route('/few', port, { concurrency: { requests: 1, queue: 0, waitMs: 1 } }),
        route('/seldom', port, { rateLimit: { requests: 1, perMs: 1000, burst: 1, by: 'client' } }),
        route('/notes', port, { methods: ['GET'] }),
        route('/notes', port, { methods: ['POST'], auth }),
        route('/', port, { host: 'guarded.example', auth }),
        route('/away', { kind: 'unready', reason: 'building', retryAfterSeconds: 1 }, { auth }),
      ]);
      const asked = [
        ['/'],
        ['/administrator'],
        ['/admin/open/x'],
        ['/notes'],
        ['/admin'],
        ['/admin/users?a=b'],
        ['/near'],
        ['/near/x'],
        ['/few'],
        ['/seldom'],
        ['/notes', { method: 'POST', body: 'x' }],
        ['/notes', { method: 'DELETE' }],
        ['/any', { headers: { host: 'guarded.example' } }],
        ['/away'],
      ] as const;
      const seen = await Promise.all(
        asked.map(async ([path, call]) => {
          const { status, text } = await http(`${url}${path}`, call);
          return [path, status, status === 200 ? text : (JSON.parse(text) as { readonly code: string }).code];
        }),
      );
      expect(seen).toEqual([
        ['/', 200, 'let in'],
        ['/administrator', 200, 'let in'],
        ['/admin/open/x', 200, 'let in'],
        ['/notes', 200, 'let in'],
        ['/admin', 403, 'route-guarded'],
        ['/admin/users?a=b', 403, 'route-guarded'],
        ['/near', 403, 'route-guarded'],
        ['/near/x', 403, 'route-guarded'],
        ['/few', 403, 'route-guarded'],
        ['/seldom', 403, 'route-guarded'],
        ['/notes', 403, 'route-guarded'],
        ['/notes', 405, 'method-not-allowed'],
        ['/any', 403, 'route-guarded'],
        ['/away', 403, 'route-guarded'],
      ]);
    });

    test('believes what a proxy says of where a request came from only where that very one is trusted', async () => {
      const { port } = await startFunction(echo);
      const named = ['forwarded', 'x-real-ip', 'x-forwarded-port', 'x-forwarded-user', 'x-forwarded-prefix'];
      const forged = Object.fromEntries(named.map((name) => [name, 'forged']));
      const believed = async (trusted: readonly string[]): Promise<readonly string[]> => {
        const url = await run(adapter, [route('/a', port)], trusted);
        const { headers } = JSON.parse((await http(`${url}/a`, { headers: forged })).text) as Seen;
        return named.filter((name) => headerValues(headers, name).length > 0);
      };
      expect(await believed([])).toEqual([]);
      expect(await believed(['10.0.0.0/8', '::1'])).toEqual([]);
      expect(await believed(['10.0.0.0/8', '127.0.0.1'])).toEqual(named);
    });
  },
);

test.skipIf(CADDY_LACKS !== '')(
  `a Caddyfile whose 403 gives way to a guard of Caddy's own lets through whom it lets${CADDY_LACKS}`,
  async () => {
    const { port } = await startFunction((_request, response) => response.end('let in'));
    const { caddyfile } = exportCaddy('shop', {
      settings: { ...SETTINGS, port: PORT },
      table: { entries: [route('/', port), route('/admin', port, { auth })] },
    });
    const guard = '@stranger not header X-Api-Key ours\n\t\t\terror @stranger 403';
    const edited = caddyfile.replace(/^(\t+)error 403$/m, `$1${guard}`);
    expect(edited).not.toBe(caddyfile);
    const url = await runExported(edited, 'caddyfile', PORT);
    expect(await http(`${url}/admin`)).toMatchObject({ status: 403 });
    expect(await http(`${url}/admin`, { headers: { 'x-api-key': 'ours' } })).toMatchObject({
      status: 200,
      text: 'let in',
    });
  },
);
