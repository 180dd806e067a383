import { fileURLToPath } from 'node:url';

import { expect, it } from 'vitest';

import { readSources } from '../../support/layers.ts';
import { thrownIn } from '../../support/thrown-errors.ts';

/** Whom nobody can help: a defect (it asks for a report by itself), and what was cancelled on purpose. */
const WITHOUT = ['internal', 'interrupted'];

it('every error that is thrown says what to do: a hint, or the places in the files', () => {
  const sources = readSources(fileURLToPath(new URL('../../../src', import.meta.url)));
  const speechless = thrownIn(sources).filter(
    ({ code, options }) => !WITHOUT.includes(code) && !/\bhint\b|\bdiagnostics\b|\.\.\./.test(options),
  );
  expect(speechless.map(({ place, message }) => `${place} ${message}`)).toEqual([]);
});

it('no message ends with a full stop or begins with a capital letter that is no name', () => {
  const sources = readSources(fileURLToPath(new URL('../../../src', import.meta.url)));
  const odd = thrownIn(sources).filter(
    ({ message }) => /[^.]\.['`"]$/.test(message) || /^['`"](?!Caddy )[A-Z][a-z]/.test(message),
  );
  expect(odd.map(({ place, message }) => `${place} ${message}`)).toEqual([]);
});
