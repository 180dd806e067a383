import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { expect, it } from 'vitest';

import { readSources } from '../support/layers.ts';
import { thrownIn } from '../support/thrown-errors.ts';
import type { Thrown } from '../support/thrown-errors.ts';

const GOLDEN = fileURLToPath(new URL('errors.golden', import.meta.url));

/** To review what errors say is to read the diff of one file; `UPDATE_GOLDEN=1` writes it anew. */
it('every error says what it said when it was last read', () => {
  const sources = readSources(fileURLToPath(new URL('../../src', import.meta.url)));
  const errors = thrownIn(sources);
  expect(errors.length).toBeGreaterThan(100);
  const text = `${[...new Set(errors.map(shown))].sort().join('\n')}\n`;
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(GOLDEN, text);
  expect(text).toBe(readFileSync(GOLDEN, 'utf8'));
});

/** Code, message and hint, with what is filled in at run time in braces. */
function shown({ code, message, hint }: Thrown): string {
  return `${code}\n  ${words(message)}${hint === '' ? '' : `\n  hint: ${words(hint)}`}`;
}

function words(expression: string): string {
  return expression.replace(/\s+/g, ' ').replaceAll('${', '{');
}
