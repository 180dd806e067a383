import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { httpCall } from '../../../src/reconcile/http-call.ts';
import { compare } from '../../../src/reconcile/compare.ts';
import type { Running } from './container.ts';
import { containersOf } from './container.ts';
import { RUNTIMES } from './forms.ts';
import type { Image } from './image.ts';
import { buildImage, readMetadata, removeImage, ROOT } from './image.ts';
import { until } from './target.ts';

const FOLDERS = [
  ...RUNTIMES.flatMap((runtime) => [`templates/${runtime}/scaffold`, `templates/${runtime}/example`]),
  ...readdirSync(join(ROOT, 'functions')).map((name) => `functions/${name}`),
];

/** What a newcomer sees first has to work: scaffolds, examples and the functions of the repository. */
describe.each(FOLDERS)('%s', async (path) => {
  const folder = join(ROOT, path);
  const { description, tests } = await readMetadata(folder);
  const containers = containersOf(`functions/${path}`);
  let image: Image;
  let running: Running;

  beforeAll(async () => {
    await containers.remove();
    image = await buildImage(folder);
    running = await containers.start(image, 'instance');
    await until('it serves', running.serves);
  });
  afterAll(async () => {
    await containers.remove();
    await removeImage(image);
  });

  it('says what it does and how to see that it works', () => {
    expect(description).toMatch(/\w/);
    expect(tests).not.toEqual([]);
  });

  it.each(tests.map((test) => [test.name, test] as const))('%s', async (_name, test) => {
    const port = Number(new URL(running.origin).port);
    expect(compare(test, await httpCall({ port, ...test.request, timeoutMs: test.timeoutMs }))).toEqual([]);
  });
});
