import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';

import { createBuiltinRouter } from '../../../src/router/builtin/builtin.ts';
import { readRoutesFile } from '../../../src/router/routes-file.ts';
import type { RouteEntry, Router, RouteTable } from '../../../src/router/router.ts';
import { occupyPort } from '../../support/ports.ts';
import { startFunction } from '../../support/upstream.ts';
import { builtinOptions, SETTINGS } from './bench-options.ts';
import { route, urlOf } from './bench.ts';

describe("the built-in router's process in trouble", () => {
  let folder: string;
  let routers: Router[];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 't-router-'));
    routers = [];
    return async () => {
      // So that none of them starts it again.
      for (const router of routers) await router.close('leave');
      await createBuiltinRouter(builtinOptions(folder)).close('stop');
      await rm(folder, { recursive: true, force: true });
    };
  });

  const create = (logFile?: string): Router => {
    const options = builtinOptions(folder);
    const router = createBuiltinRouter({ ...options, logFile: logFile ?? options.logFile });
    routers.push(router);
    return router;
  };
  const table = (...entries: RouteEntry[]): RouteTable => ({ entries });
  const pidOf = (router: Router): number => {
    const status = router.status();
    if (status.kind !== 'serving') throw new Error(status.reason);
    return status.pid;
  };
  /** Milliseconds of processor time that a process has used. */
  const cpuMs = (pid: number): number => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) * 10;
  };

  test('it serves though its log is on a full disk, and what it cannot log makes no work', async () => {
    const { port } = await startFunction((_, res) => res.end('here'));
    const router = create('/dev/full');
    await router.start(SETTINGS, table(route('/a', port)));
    const pid = pidOf(router);
    const before = cpuMs(pid);
    for (let i = 0; i < 20; i++) expect(await (await fetch(`${urlOf(router)}/a`)).text()).toBe('here');
    // A line that fails, and is tried again for ever, uses all there is.
    expect(cpuMs(pid) - before).toBeLessThan(1500);
  });

  test('one that was there before goes on serving when its new address is in use', async () => {
    const { port } = await startFunction((_, res) => res.end('here'));
    const first = create();
    await first.start(SETTINGS, table(route('/a', port)));
    const url = urlOf(first);
    await first.close('leave');
    const taken = await occupyPort(0);
    onTestFinished(taken.release);
    const served = await readRoutesFile(builtinOptions(folder).routesFile);
    const second = create();
    await expect(
      second.start({ ...SETTINGS, port: taken.port }, table(route('/a', port))),
    ).rejects.toMatchObject({ code: 'listen-failed' });
    expect(await (await fetch(`${url}/a`)).text()).toBe('here');
    expect(await readRoutesFile(builtinOptions(folder).routesFile)).toEqual(served);
    const third = create();
    expect(await third.resume()).toBe(true);
    expect(urlOf(third)).toBe(url);
  });

  test('a table is kept though the process does not say in time that it goes by it', async () => {
    const router = create();
    await router.start(SETTINGS, table());
    const pid = pidOf(router);
    process.kill(pid, 'SIGSTOP');
    const later = table(route('/a', 20_000));
    const failure = await router.setTable(later).catch((error: unknown) => error);
    process.kill(pid, 'SIGCONT');
    expect(failure).toMatchObject({ code: 'router-unreachable' });
    expect((await readRoutesFile(builtinOptions(folder).routesFile))?.table).toEqual(later);
  }, 60_000);
});
