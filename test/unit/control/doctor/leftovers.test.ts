import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

import { expect, it, onTestFinished } from 'vitest';

import { leftoversCheck } from '../../../../src/control/doctor/checks/leftovers.ts';
import { ROOT_RECORD } from '../../../../src/control/run-folder.ts';
import { sha256 } from '../../../../src/core/hash.ts';
import type { Finding } from '../../../../src/core/finding.ts';
import { createMemoryEngine } from '../../../../src/engine/memory.ts';
import type { Engine } from '../../../../src/engine/engine.ts';
import { functionName, releaseOf } from '../../../contract/engine/harness.ts';
import { fakeHost, found } from '../../../support/fake-host.ts';
import { tempFolder } from '../../../support/temp-folder.ts';

/** An engine with an instance of a project whose folder is gone. */
async function engineWith(name: string, root: string): Promise<Engine> {
  const engine = createMemoryEngine();
  engine.addImage('image:1');
  const release = releaseOf(functionName('f'), 'image:1', {});
  await engine.start({ project: { name, root }, release, port: 20_000, attempt: 0 });
  return engine;
}

async function look(engine: Engine, runtimeDir: string): Promise<readonly Finding[]> {
  return await found(leftoversCheck, fakeHost({}), { engine, env: { XDG_RUNTIME_DIR: runtimeDir } });
}

/** A folder that applied the project, with its record beside the sockets. */
function livesIn(root: string, name: string, runtimeDir: string): void {
  mkdirSync(join(root, '.faaso/state'), { recursive: true });
  writeFileSync(join(root, '.faaso/state/applied.json'), JSON.stringify({ format: 1, name, root }));
  const run = join(runtimeDir, 'faaso', sha256(root).slice(0, 12));
  mkdirSync(run, { recursive: true });
  writeFileSync(join(run, ROOT_RECORD), root);
}

it('advises to remove nothing of a project that was moved and lives in its new place', async () => {
  const [base, runtimeDir] = [tempFolder(), tempFolder()];
  const engine = await engineWith('t-moved', join(base, 'old'));
  livesIn(join(base, 'new'), 't-moved', runtimeDir);
  expect(await look(engine, runtimeDir)).toMatchObject([{ state: 'ok' }]);
  rmSync(join(base, 'new'), { recursive: true });
  const left = await look(engine, runtimeDir);
  expect(left.map(({ message }) => message).join('\n')).toContain('container left: ');
});

it('advises to remove what a deleted folder left, whoever else has a project', async () => {
  const [base, runtimeDir] = [tempFolder(), tempFolder()];
  const engine = await engineWith('t-deleted', join(base, 'old'));
  livesIn(join(base, 'other'), 't-other', runtimeDir);
  const [left] = await look(engine, runtimeDir);
  expect(left).toMatchObject({ state: 'warn', fix: [expect.stringMatching(/^docker rm -f -v /)] });
});

it('gives no command for what a router that answers leads to, as after a move that nobody applied yet', async () => {
  const [base, runtimeDir] = [tempFolder(), tempFolder()];
  const old = join(base, 'old');
  const engine = await engineWith('t-moving', old);
  const run = join(runtimeDir, 'faaso', sha256(old).slice(0, 12));
  mkdirSync(run, { recursive: true });
  const router = createServer().listen(join(run, 'router.sock'));
  onTestFinished(() => void router.close());
  await new Promise((resolve) => void router.once('listening', resolve));
  expect(await look(engine, runtimeDir)).toMatchObject([
    {
      state: 'warn',
      message: `1 container of a router that still answers, and ${old} is gone`,
      why: expect.stringContaining('"faaso apply" in its new place'),
      fix: [],
    },
  ]);
});
