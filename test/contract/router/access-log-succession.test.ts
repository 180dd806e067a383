import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { expect, onTestFinished, test } from 'vitest';

import { startProcess, thisProgram } from '../../../src/router/builtin/adapter/spawn.ts';
import { createBuiltinRouter } from '../../../src/router/builtin/builtin.ts';
import { writeRoutesFile } from '../../../src/router/routes-file.ts';
import { freePort } from '../../support/ports.ts';
import { startFunction } from '../../support/upstream.ts';
import { builtinOptions, SETTINGS } from './bench-options.ts';
import { route } from './bench.ts';

test('a successor goes on with the access log of its predecessor, though neither may open it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 't-router-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const { port } = await startFunction((_, res) => res.end('here'));
  const { socketPath, routesFile, logFile, accessLogFile } = builtinOptions(folder);
  await mkdir(join(folder, 'run'), { mode: 0o700 });
  const settings = { ...SETTINGS, port: await freePort(), accessLog: true };
  const table = { entries: [route('/a', port)] };
  await writeRoutesFile(routesFile, { settings, table });
  const entry = fileURLToPath(new URL('fixtures/data-plane-of-another-version.ts', import.meta.url));
  const old = await startProcess(
    { entry, execArgv: thisProgram().execArgv },
    { socketPath, routesFile, successor: false },
    logFile,
    accessLogFile,
  );
  onTestFinished(() => void old.kill('SIGKILL'));
  const exited = once(old, 'exit');
  await expect.poll(() => readFile(logFile, 'utf8'), { timeout: 20_000 }).toContain('"serving"');
  const ask = async (id: string): Promise<void> => {
    const headers = { 'X-Request-Id': id, Connection: 'close' };
    expect((await fetch(`http://127.0.0.1:${settings.port}/a`, { headers })).status).toBe(200);
  };
  await ask('before');

  const router = createBuiltinRouter(builtinOptions(folder));
  await router.start(settings, table);
  onTestFinished(() => router.close('stop'));
  await exited;
  await ask('after');
  await expect
    .poll(
      async () =>
        (await readFile(accessLogFile, 'utf8'))
          .split('\n')
          .filter((line) => line !== '')
          .map((line) => (JSON.parse(line) as { request_id: string }).request_id),
      { timeout: 20_000 },
    )
    .toEqual(['before', 'after']);
}, 60_000);
