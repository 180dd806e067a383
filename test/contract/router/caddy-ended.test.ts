import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, onTestFinished, test } from 'vitest';

import { findProgram, programOf } from '../../../src/router/caddy/program.ts';
import type { RouterStatus } from '../../../src/router/router.ts';
import { CADDY_LACKS } from '../../support/caddy.ts';
import { askAdmin } from '../../support/caddy-admin.ts';
import { killHard } from '../../support/project-processes.ts';
import { until } from '../../support/until.ts';
import { caddyOptions } from './bench-options.ts';
import { startBench } from './bench.ts';

describe.skipIf(CADDY_LACKS !== '')(`a Caddy that faaso starts${CADDY_LACKS}`, () => {
  test('tells that it ended, and how, and that it is back', async () => {
    const bench = await startBench('caddy');
    onTestFinished(() => bench.close());
    const told: RouterStatus[] = [];
    const end = bench.router.onStatus((status) => told.push(status));
    killHard(Number(readFileSync(join(caddyOptions(bench.folder).folder, 'pid'), 'utf8').split(' ')[0]));
    await until('it is back', () => told.length >= 2, 10_000);
    expect(told).toEqual([
      { kind: 'down', reason: 'its process ended by SIGKILL' },
      { kind: 'serving', url: bench.url, pid: 0 },
    ]);
    end();
  });

  test('is the one that later starts take, wherever they look', async () => {
    const bench = await startBench('caddy');
    onTestFinished(() => bench.close());
    expect(await programOf(caddyOptions(bench.folder), '')).toBe(await findProgram('caddy'));
  });

  test('logs what it does, and not each time that it is looked at', async () => {
    const bench = await startBench('caddy');
    onTestFinished(() => bench.close());
    const { adminSocket: socketPath, logFile } = caddyOptions(bench.folder);
    for (let look = 0; look < 3; look += 1)
      expect((await askAdmin({ socketPath }, 'GET', '/config/')).status).toBe(200);
    const log = readFileSync(logFile, 'utf8');
    expect(log).toContain('serving initial configuration');
    expect(log).not.toContain('received request');
  });
});
