import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';

import { PATTERN_WORDS } from '../../../src/config/schema-parts.ts';
import { schemas } from '../../../src/config/schemas.ts';

describe.each(Object.entries(schemas))('the schema of %s', (_, schema) => {
  test('is a valid JSON Schema in which every keyword is known', () => {
    const ajv = new Ajv({ strict: true, strictTypes: false, allowUnionTypes: true });
    expect(ajv.validateSchema(schema)).toBe(true);
    expect(() => ajv.compile(schema)).not.toThrow();
  });

  test('describes every key', () => {
    expect(keysWithoutWords(schema)).toEqual([]);
  });

  test('has words for every pattern', () => {
    const patterns = [...JSON.stringify(schema).matchAll(/"pattern":("(?:[^"\\]|\\.)*")/g)];
    const unknown = patterns
      .map(([, text]) => JSON.parse(text ?? '') as string)
      .filter((text) => !PATTERN_WORDS.has(text));
    expect(unknown).toEqual([]);
  });
});

test.each([...PATTERN_WORDS.keys()])('the pattern %s takes no time on long texts', (pattern) => {
  const expression = new RegExp(pattern, 'u');
  const start = performance.now();
  for (const part of ['a', '0', '-', 'a-', 'a.', 'a/', ':', '1.', '1h', '/', '_', 'A', '0-', 'a:0/', '@']) {
    expression.test(`${part.repeat(100_000)}!`);
    expression.test(`a${part.repeat(100_000)}\n`);
  }
  expect(performance.now() - start).toBeLessThan(1000);
});

function keysWithoutWords(schema: unknown, path = ''): readonly string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  return Object.entries(schema).flatMap(([key, value]) => {
    const isKey = path.endsWith('/properties') && !Object.hasOwn(value as object, 'description');
    const inside = keysWithoutWords(value, `${path}/${key}`);
    return isKey ? [`${path}/${key}`, ...inside] : inside;
  });
}
