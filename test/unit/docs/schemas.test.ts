import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { Ajv } from 'ajv';
import { beforeAll, expect, it } from 'vitest';

import type { VerbAnswers } from '../../../src/cli/verb-answers.ts';
import { VERBS } from '../../../src/cli/verbs.ts';
import { publishedSchemas } from '../../support/published-schemas.ts';

const folder = fileURLToPath(new URL('../../../schemas', import.meta.url));

// Every file that a type is declared in is parsed for them: once, and with patience on a busy machine.
let wanted: ReadonlyMap<string, string>;
beforeAll(async () => {
  wanted = await publishedSchemas();
}, 60_000);

it('schemas/ holds what the types and the validators say (UPDATE_SCHEMAS=1 writes it)', () => {
  if (process.env['UPDATE_SCHEMAS'] === '1') {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
    for (const [name, text] of wanted) writeFileSync(`${folder}/${name}`, text);
  }
  const found = readdirSync(folder).map((name) => [name, readFileSync(`${folder}/${name}`, 'utf8')] as const);
  expect(Object.fromEntries(found)).toEqual(Object.fromEntries(wanted));
});

it('every verb has a schema of what it prints with --json', () => {
  const known = new Set(wanted.keys());
  // A schema as an answer is described by the standard that it names.
  const verbs = VERBS.filter((verb) => verb.name !== 'schema').map((verb) => verb.name.replace(' ', '-'));
  expect(verbs.filter((name) => !known.has(`${name}.json`))).toEqual([]);
  expect('error' satisfies keyof VerbAnswers).toBe('error');
});

it('every schema is a valid one in which every keyword is known', () => {
  for (const text of wanted.values()) {
    const ajv = new Ajv({ strict: true, strictTypes: false, allowUnionTypes: true });
    expect(() => ajv.compile(JSON.parse(text) as object)).not.toThrow();
  }
}, 60_000);
