import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { format, resolveConfig } from 'prettier';
import { expect, it } from 'vitest';

import { parse } from '../../../src/cli/program.ts';
import { referenceTables, withTables } from '../../support/reference.ts';

const readme = fileURLToPath(new URL('../../../README.md', import.meta.url));

it('the README holds the reference that the program itself gives (UPDATE_README=1 writes it)', async () => {
  const text = readFileSync(readme, 'utf8');
  const options = await resolveConfig(readme);
  const wanted = await format(withTables(text, referenceTables()), { ...options, filepath: readme });
  if (process.env['UPDATE_README'] === '1') writeFileSync(readme, wanted);
  expect(readFileSync(readme, 'utf8')).toBe(wanted);
});

it('every command of the README is one that faaso takes, with its options', async () => {
  // The generated table shows what may be left out in brackets.
  const text = readFileSync(readme, 'utf8').replace(/<!-- begin verbs [^]*<!-- end verbs -->/, '');
  const blocks = [...text.matchAll(/^```(?:sh)?\n([^]*?)^```/gm)].map(([, block = '']) => block);
  const lines = [
    ...blocks.flatMap((block) => block.split(/\n|&&|\|/)),
    ...[...text.matchAll(/`((?:npx )?faaso\s[^`]*)`/g)].map(([, line = '']) => line.replaceAll(/\s+/g, ' ')),
  ];
  const commands = lines
    .map((line) =>
      /^(?:\$ )?(?:npx )?faaso (.*)$/
        .exec(line.trim())?.[1]
        ?.replace(/ [#<>].*$/, '')
        .trim(),
    )
    // VERB, NAME and the like stand for words of the reader's.
    .filter((line) => line !== undefined && !/\bVERB\b|…/.test(line));
  expect(commands.length).toBeGreaterThan(30);
  const refused: string[] = [];
  for (const command of commands) {
    await parse(command?.split(/ +/) ?? [], '1.0.0').catch((error: unknown) =>
      refused.push(`faaso ${command}: ${String(error)}`),
    );
  }
  expect(refused).toEqual([]);
});

it('the README names the Node that package.json asks for, and no version of faaso, which would soon be an old one', () => {
  const text = readFileSync(readme, 'utf8');
  const manifest = JSON.parse(
    readFileSync(fileURLToPath(new URL('../../../package.json', import.meta.url)), 'utf8'),
  ) as { readonly engines: { readonly node: string } };
  expect(text).toContain(`Node ${manifest.engines.node.replace('>=', '')} or later`);
  expect(text).not.toMatch(/faaso-\d/);
});
