import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { holdsProject } from '../../../src/files/project-traces.ts';
import { tempFolder } from '../../support/temp-folder.ts';

it.each([
  ['functions.yml', 'anything: at all'],
  ['prod.yml', 'name: shop\nroutes: { /f: f }\n'],
  ['prod.yaml', '# ours\n"functions":\n  f: {}\n'],
  ['prod.yml', '{ "name": "shop", "functions": {} }'],
  ['.faaso/state/applied.json', '{}'],
])('a folder holds a project whose file is %s: %j', async (name, text) => {
  const root = tempFolder();
  mkdirSync(join(root, '.faaso/state'), { recursive: true });
  writeFileSync(join(root, name), text);
  expect(await holdsProject(root)).toBe(true);
});

it('a folder that is gone, or holds files of others alone, holds none', async () => {
  const root = tempFolder();
  mkdirSync(join(root, '.faaso/state'), { recursive: true });
  writeFileSync(join(root, 'compose.yml'), 'services:\n  functions: {}\n');
  expect(await holdsProject(root)).toBe(false);
  rmSync(root, { recursive: true });
  expect(await holdsProject(root)).toBe(false);
});
