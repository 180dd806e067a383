import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { containersOf } from './container.ts';
import { RUNTIMES } from './forms.ts';
import type { Image } from './image.ts';
import { buildImage, removeImage } from './image.ts';

/**
 * What the user reads of a function that cannot start, by runtime and fixture in `fixtures/<runtime>/_broken`.
 * It is the reason that a deploy gives, so it has to begin with code of the user's and end with the error.
 */
const SHOWN: Readonly<Record<string, Readonly<Record<string, RegExp>>>> = {
  python: {
    'missing-module':
      /^Traceback .*\n {2}File "\/app\/handler\.py", line 1,[^]*ModuleNotFoundError: No module named 'nmpy'\n$/,
    'syntax-error': /File "\/app\/model\.py", line 1\n[^]*SyntaxError: '\(' was never closed\n$/,
    'no-handler': /^faaso: handler\.py has none of: handler\(event, context\), main_handler\(event\), app\n$/,
  },
  node: {
    'missing-module':
      /^Error \[ERR_MODULE_NOT_FOUND\]: Cannot find package 'nmpy' imported from \/app\/model\.mjs/,
    'syntax-error': /^file:\/\/\/app\/model\.mjs:1\nexport const answer = \(42;\n[^]*SyntaxError: /,
    'no-handler': /^faaso: handler\.mjs exports none of: a function/,
  },
};

describe.each(RUNTIMES)('a function in %s that cannot start', (runtime) => {
  const containers = containersOf(`start-failures/${runtime}`);
  const images: Image[] = [];
  beforeAll(containers.remove);
  afterAll(async () => {
    await containers.remove();
    await Promise.all(images.map(removeImage));
  });

  it.each(['missing-module', 'syntax-error', 'no-handler'])(
    'ends at once and says why: %s',
    async (fixture) => {
      const folder = join(import.meta.dirname, 'fixtures', runtime, '_broken', fixture);
      const image = await buildImage(folder);
      images.push(image);
      const running = await containers.start(image, 'instance');
      expect(await running.exit()).not.toBe(0);
      const stderr = await running.stderr();
      expect(stderr).toMatch(SHOWN[runtime]?.[fixture] ?? `no text is set down for ${runtime}/${fixture}`);
      expect(stderr).not.toContain('/opt/faaso');
    },
  );
});
