import fc from 'fast-check';
import { expect, test } from 'vitest';

import { parseYaml } from '../../../src/config/document.ts';
import { parseDotenv } from '../../../src/config/dotenv.ts';
import { Problems } from '../../../src/config/problems.ts';
import { sourceText } from '../../../src/config/source.ts';
import { validate } from '../../../src/config/validate.ts';
import { substitute } from '../../../src/config/variables.ts';

/** Milliseconds of processor time: three times the goal. */
const LIMIT = 3000;

/** Pieces that YAML gives a meaning to, so that random texts get far into the parser. */
const WORDS = `a routes functions /x " ' [ ] { } : , ? # &a *a ! !!str | > << ~ 1 .inf 0x \\ \\u $\{ }`.split(
  ' ',
);
const BLANKS = [': ', '- ', ' #', '\n', '\n  ', '\t', '\r\n', '---\n', '...\n', '%YAML 1.2\n'];
const piece = fc.constantFrom(...WORDS, ...BLANKS, '__proto__', '\ufeff', '\u00fc', '\ud800');
const yamlish = fc
  .array(fc.oneof(piece, fc.string({ unit: 'binary' })), { maxLength: 60 })
  .map((parts) => parts.join(''));

function check(text: string): void {
  const problems = new Problems();
  const start = process.cpuUsage();
  const document = parseYaml(sourceText('functions.yml', text), problems);
  const valid = document === undefined ? undefined : validate('functions', document, problems);
  expect(process.cpuUsage(start).user / 1000).toBeLessThan(LIMIT);
  expect(valid !== undefined || problems.failed).toBe(true);
  for (const { place } of problems.list('functions.yml')) {
    if (place === undefined) continue;
    expect(place.line).toBeGreaterThan(0);
    expect(place.line).toBeLessThanOrEqual(text.split('\n').length);
    expect(place.column).toBeGreaterThan(0);
    expect(place.length).toBeGreaterThan(0);
  }
}

test(
  'whatever the text, the parser gives a document or a problem with its place, in time',
  { timeout: 60_000 },
  () => {
    fc.assert(fc.property(yamlish, check), { numRuns: 3000 });
  },
);

test('however often pieces are repeated, the parser ends in time', { timeout: 120_000 }, () => {
  const repeated = fc
    .tuple(fc.array(piece, { minLength: 1, maxLength: 4 }), fc.integer({ min: 1, max: 100_000 }))
    .map(([parts, times]) =>
      parts
        .join('')
        .repeat(times)
        .slice(0, 1024 ** 2),
    );
  fc.assert(fc.property(repeated, check), { numRuns: 20 });
});

test('whatever the text, substitution and .env give a result', { timeout: 60_000 }, () => {
  const text = fc.array(
    fc.oneof(
      fc.constantFrom('$', '{', '}', ':-', ':?', 'A', '=', '"', "'", '\\', '\n', '#', ' '),
      fc.string(),
    ),
  );
  fc.assert(
    fc.property(text, (parts) => {
      const joined = parts.join('');
      expect(substitute(joined, () => undefined)).toBeDefined();
      expect(parseDotenv(sourceText('.env', joined), new Problems())).toBeDefined();
    }),
    { numRuns: 3000 },
  );
});

test('a text without "$" is left as it is, and "$$" gives back every text', { timeout: 60_000 }, () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(substitute(text.replaceAll('$', '$$$$'), () => undefined)).toEqual({ text });
    }),
  );
});

test('a quoted value comes out of .env as it went in', { timeout: 60_000 }, () => {
  const value = fc.string().filter((text) => !text.includes('\r'));
  fc.assert(
    fc.property(value, (text) => {
      const source = sourceText('.env', `A="${text.replace(/[\\"]/g, '\\$&')}" # c\n`);
      expect(parseDotenv(source, new Problems()).get('A')?.value).toBe(text);
    }),
  );
});
