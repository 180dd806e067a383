import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { basesOf, missingBases, summary, wantedBases } from '../../src/setup/bases.mjs';
import {
  RECIPES,
  fingerprint,
  imageChanges,
  isCurrent,
  recipeFor,
  tagOf,
} from '../../src/setup/bases-recipes.mjs';
import { tempFolder } from '../support/temp-folder.ts';

const PYTHON = ['python:3.13-slim-bookworm', 'faaso/base-python:bookworm'];
const NODE = ['node:24-bookworm-slim', 'faaso/base-node:bookworm'];
const currentPython = { 'faaso.base.recipe': fingerprint(RECIPES.python) };

describe('which bases are wanted', () => {
  test('those of every template, each list once', async () => {
    const folder = tempFolder();
    for (const name of ['python', 'flask', 'empty']) mkdirSync(join(folder, name));
    const yaml = `name: python\nbases:\n  build: [${PYTHON.join(', ')}]\n  run: [${PYTHON.join(', ')}]\n`;
    writeFileSync(join(folder, 'python/runtime.yml'), yaml);
    writeFileSync(join(folder, 'flask/runtime.yml'), yaml);
    writeFileSync(join(folder, 'README.md'), '');
    expect(await wantedBases(folder)).toEqual([PYTHON]);
  });

  test('no templates want none', async () => {
    expect(await wantedBases('/nonexistent')).toEqual([]);
  });

  test.each([
    [null, []],
    [{ name: 'x' }, []],
    [{ bases: { build: 'a:1', run: ['b:1', 2] } }, [['a:1'], ['b:1']]],
  ])('a runtime.yml that says %j is read as %j', (runtime, lists) => expect(basesOf(runtime)).toEqual(lists));
});

describe('which bases are missing', () => {
  test('any name of a list will do', () => {
    const images = new Map([
      ['python:3.13-slim-bookworm', {}],
      ['faaso/base-node:bookworm', { 'faaso.base.recipe': fingerprint(RECIPES.node) }],
    ]);
    expect(missingBases([PYTHON, NODE], images)).toEqual([]);
  });

  test('a stand-in made from another recipe does not count', () => {
    const images = new Map([['faaso/base-python:bookworm', { 'faaso.base.recipe': 'older' }]]);
    expect(missingBases([PYTHON], images)).toEqual([PYTHON]);
    expect(missingBases([PYTHON], new Map([['faaso/base-python:bookworm', currentPython]]))).toEqual([]);
  });
});

describe('recipes', () => {
  test('are found by the tag of what they make, and by no other', () => {
    for (const recipe of Object.values(RECIPES)) expect(recipeFor(tagOf(recipe))).toBe(recipe);
    expect(recipeFor('faaso/base-cobol:bookworm')).toBeUndefined();
    expect(recipeFor('node:24-bookworm-slim')).toBeUndefined();
  });

  test('an official image is as good as it is', () => {
    expect(isCurrent('node:24-bookworm-slim', {})).toBe(true);
  });

  test('images say what they are', () => {
    expect(imageChanges(RECIPES.python)).toContain('LABEL faaso.base=python');
  });
});

describe('the line of the step', () => {
  test.each([
    [
      { answers: false, pulled: [], made: { names: ['debian', 'node'], from: "Debian's packages" } },
      "no registry answers: debian, node made from Debian's packages",
    ],
    [{ answers: true, pulled: ['node:24'], made: undefined }, 'node:24 pulled'],
    [
      { answers: true, pulled: ['node:24'], made: { names: ['python'], from: "Debian's packages" } },
      "node:24 pulled; not in the registry: python made from Debian's packages",
    ],
  ])('%#: says which route was taken', (done, text) => expect(summary(done)).toBe(text));
});
