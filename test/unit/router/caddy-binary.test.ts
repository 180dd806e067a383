import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

import { checkCaddy } from '../../../src/router/caddy/binary.ts';
import { keepProgram, programOf } from '../../../src/router/caddy/program.ts';

/** A folder with a program `caddy` that is this script. */
function withCaddy(script: string): string {
  const folder = mkdtempSync(join(tmpdir(), 't-caddy-binary-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'caddy'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return folder;
}

test('a Caddy that fails is told with its path and with what it said', async () => {
  const path = join(withCaddy('echo "no such module" >&2; exit 3'), 'caddy');
  await expect(checkCaddy(path)).rejects.toMatchObject({
    code: 'router-unsupported',
    message: `"${path} version" failed`,
    details: ['no such module'],
  });
});

test('the Caddy that an apply found is kept, until another one is found or it is gone', async () => {
  const [one, two] = [withCaddy('true'), withCaddy('true')];
  const which = { programFile: join(one, 'kept') };
  await expect(programOf(which, `relative:${join(one, 'kept')}`)).rejects.toMatchObject({
    message: 'no program "caddy" is on the PATH',
  });
  await keepProgram(which, `/nowhere:${one}`);
  await keepProgram(which, '/nowhere');
  expect(await programOf(which, two)).toBe(join(one, 'caddy'));
  await keepProgram(which, two);
  expect(await programOf(which, one)).toBe(join(two, 'caddy'));
  rmSync(join(two, 'caddy'));
  expect(await programOf(which, one)).toBe(join(one, 'caddy'));
  await expect(programOf(which, '')).rejects.toMatchObject({
    message: `${join(two, 'caddy')} is gone, and no program "caddy" is on the PATH`,
  });
});
