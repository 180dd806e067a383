import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { format, resolveConfig } from 'prettier';
import { expect, it } from 'vitest';

import { VERBS } from '../../../src/cli/verbs.ts';
import { referenceTables, withTables } from '../../support/reference.ts';

const readme = fileURLToPath(new URL('../../../README.md', import.meta.url));

it('the README holds the reference that the program itself gives (UPDATE_README=1 writes it)', async () => {
  const text = readFileSync(readme, 'utf8');
  const options = await resolveConfig(readme);
  const wanted = await format(withTables(text, referenceTables()), { ...options, filepath: readme });
  if (process.env['UPDATE_README'] === '1') writeFileSync(readme, wanted);
  expect(readFileSync(readme, 'utf8')).toBe(wanted);
});

it('every command of the README exists', () => {
  const commands = [...readFileSync(readme, 'utf8').matchAll(/^\$ npx faaso ([a-z]+)/gm)].map(
    ([, verb]) => verb,
  );
  const known = VERBS.map((verb) => verb.name.split(' ')[0]);
  expect(commands.length).toBeGreaterThan(2);
  expect(commands.filter((verb) => !known.includes(verb))).toEqual([]);
});
