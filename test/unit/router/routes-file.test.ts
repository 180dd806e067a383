import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

import { readRoutesFile, writeRoutesFile } from '../../../src/router/routes-file.ts';

const SERVED = {
  settings: { kind: 'builtin', host: '127.0.0.1', port: 1, trustedProxies: [] },
  table: { entries: [] },
} as const;

test('the last table is read back; a broken, foreign or missing file is none', async () => {
  const folder = await mkdtemp(join(tmpdir(), 't-routes-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, 'routes.json');
  expect(await readRoutesFile(path)).toBeUndefined();
  await writeRoutesFile(path, SERVED);
  expect(await readRoutesFile(path)).toEqual(SERVED);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  for (const content of [
    '',
    '{',
    'null',
    '[]',
    '{"format":2}',
    JSON.stringify({ format: 1, bootId: 'x', ...SERVED }),
  ]) {
    await writeFile(path, content);
    expect(await readRoutesFile(path)).toBeUndefined();
  }
});
