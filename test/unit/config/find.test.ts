import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

import { findProjectFile } from '../../../src/config/find.ts';
import { projectFolder } from '../../support/project-folder.ts';

test('functions.yml is found in the folder itself', async () => {
  const { root, file } = projectFolder({ 'functions.yml': '' });
  expect(await findProjectFile(root)).toBe(file);
});

test('functions.yml is found in the nearest folder above', async () => {
  const { root, file } = projectFolder({ 'functions.yml': '', 'functions/sum/metadata.yml': '' });
  expect(await findProjectFile(join(root, 'functions', 'sum'))).toBe(file);
});

test('what cannot be read is found too, so that it is reported', async () => {
  const { root, file } = projectFolder();
  symlinkSync('functions.yml', file);
  mkdirSync(join(root, 'below'));
  expect(await findProjectFile(join(root, 'below'))).toBe(file);
});

test('without a functions.yml anywhere above, nothing is found', async () => {
  const { root } = projectFolder();
  expect(await findProjectFile(root)).toBeUndefined();
});
