import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

import { createBuiltinRouter } from '../../../src/router/builtin/builtin.ts';
import { createRouterByKind } from '../../../src/router/by-kind.ts';
import type { Router, RouteTable } from '../../../src/router/router.ts';
import { lastSettings } from '../../../src/router/routes-file.ts';
import { freePort, occupyPort } from '../../support/ports.ts';
import { startFunction } from '../../support/upstream.ts';
import { builtinOptions, SETTINGS } from './bench-options.ts';
import { route, urlOf } from './bench.ts';

test.each([
  ['the daemon that started it', true],
  ['another daemon', false],
])('a router of another kind that cannot serve leaves the one before serving: %s', async (_, isSame) => {
  const folder = await mkdtemp(join(tmpdir(), 't-router-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const { port } = await startFunction((_request, res) => res.end('here'));
  const { routesFile } = builtinOptions(folder);
  const create = (): Router =>
    createRouterByKind({
      // Both kinds are the built-in one, so that this needs no Caddy; the other has its own process and socket.
      create: (kind) =>
        createBuiltinRouter({
          ...builtinOptions(kind === 'caddy' ? join(folder, 'other') : folder),
          routesFile,
          logFile: join(folder, 'log'),
        }),
      last: () => lastSettings(routesFile),
      isUp: async () => true,
      check: async () => undefined,
    });
  const table: RouteTable = { entries: [route('/a', port)] };
  const settings = { ...SETTINGS, port: await freePort() };
  const first = create();
  await first.start(settings, table);
  const url = urlOf(first);
  if (!isSame) await first.close('leave');
  const taken = await occupyPort(0);
  onTestFinished(taken.release);
  const router = isSame ? first : create();
  onTestFinished(() => router.close('stop'));
  await expect(router.start({ ...SETTINGS, kind: 'caddy', port: taken.port }, table)).rejects.toMatchObject({
    code: 'listen-failed',
  });
  expect(await (await fetch(`${url}/a`)).text()).toBe('here');
  expect(urlOf(router)).toBe(url);
});
