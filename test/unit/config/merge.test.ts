import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import type { Located, Path } from '../../../src/config/document.ts';
import { parseYaml } from '../../../src/config/document.ts';
import { loadProject } from '../../../src/config/load.ts';
import { merge } from '../../../src/config/merge.ts';
import { Problems } from '../../../src/config/problems.ts';
import { sourceText } from '../../../src/config/source.ts';
import { projectFolder } from '../../support/project-folder.ts';

const templates = fileURLToPath(new URL('../../support/templates', import.meta.url));

function parsed(file: string, data: unknown): Located {
  const document = parseYaml(sourceText(file, JSON.stringify(data, null, 1)), new Problems());
  if (document === undefined) throw new Error('not YAML');
  return document;
}

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value)) as unknown;

// Few names, so that files meet in the same keys.
const word = fc.constantFrom('a', 'b', '/a', '/a/', 'x y', '');
const leaf = fc.oneof(word, fc.integer({ min: -1, max: 70_000 }), fc.boolean(), fc.constant(null));
const key = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom('routes', 'functions', 'router', 'image', 'source', 'env', 'limits'),
  },
  { weight: 1, arbitrary: word },
);
const tree = fc.letrec<{ value: unknown; map: object }>((tie) => ({
  value: fc.oneof({ maxDepth: 4 }, leaf, fc.array(leaf, { maxLength: 3 }), tie('map')),
  map: fc.dictionary(key, tie('value'), { maxKeys: 5 }),
}));
const file = fc.dictionary(key, tree.value, { minKeys: 1, maxKeys: 5 });

describe('files that are merged', () => {
  test('are the first one when the second is empty', () => {
    fc.assert(
      fc.property(file, (data) => {
        expect(plain(merge(parsed('a', data), parsed('b', {})).data)).toEqual(data);
      }),
    );
  });

  test('are themselves when a file is laid over itself', () => {
    fc.assert(
      fc.property(file, (data) => {
        expect(plain(merge(parsed('a', data), parsed('b', data)).data)).toEqual(data);
      }),
    );
  });

  test('say each value where it was written last', () => {
    fc.assert(
      fc.property(file, file, file, (a, b, c) => {
        const files = [a, b, c];
        const [x, y, z] = files.map((data, index) => parsed(String(index), data));
        if (x === undefined || y === undefined || z === undefined) throw new Error('three files');
        const merged = merge(merge(x, y), z);
        for (const [path, value] of leaves(merged.data)) {
          const at = merged.value(path)();
          const name = 'source' in at ? at.source.file : at.file;
          expect(plain(valueAt(files[Number(name)], path))).toEqual(plain(value));
          for (const later of files.slice(Number(name) + 1)) expect(valueAt(later, path) ?? null).toBeNull();
        }
      }),
    );
  });
});

test('every problem of several files lies in a file that is there, on a line that it has', async () => {
  const folder = projectFolder({ 'functions/a/metadata.yml': 'runtime: python', 'functions/a/app.py': '' });
  await fc.assert(
    fc.asyncProperty(file, file, async (a, b) => {
      folder.write('functions.yml', JSON.stringify(a, null, 1));
      folder.write('over/prod.yml', JSON.stringify(b, null, 1));
      const overlays = [join(folder.root, 'over/prod.yml')];
      const result = await loadProject({ file: folder.file, overlays, env: {}, templates });
      for (const item of result.kind === 'invalid' ? result.diagnostics : result.warnings) {
        const path = join(folder.root, item.file);
        expect(existsSync(path)).toBe(true);
        if (item.place === undefined) continue;
        const line = readFileSync(path, 'utf8').split('\n')[item.place.line - 1];
        expect(line?.length).toBeGreaterThanOrEqual(item.place.column - 1);
      }
    }),
    { numRuns: 60 },
  );
});

/** Every value that is no mapping, with its path. */
function leaves(data: unknown, path: Path = []): readonly (readonly [Path, unknown])[] {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return [[path, data]];
  return Object.entries(data).flatMap(([step, value]) => leaves(value, [...path, step]));
}

function valueAt(data: unknown, path: Path): unknown {
  let value = data;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string, unknown>)[step];
  }
  return value;
}
