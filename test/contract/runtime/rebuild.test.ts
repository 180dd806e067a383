import { cp, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { containersOf } from './container.ts';
import { RUNTIMES } from './forms.ts';
import type { Image } from './image.ts';
import { buildImage, removeImage, ROOT } from './image.ts';
import { until } from './target.ts';

/** From the saved file to the new answer; the bound is three times what is aimed at. */
const GOAL_MS = 3_000;

describe.each(RUNTIMES)('an edited handler in %s', (runtime) => {
  const containers = containersOf(`rebuild/${runtime}`);
  const images: Image[] = [];
  let root: string;

  beforeAll(async () => {
    await containers.remove();
    root = await realpath(await mkdtemp(join(tmpdir(), 'faaso-rebuild-')));
    await cp(join(ROOT, 'templates', runtime, 'scaffold'), join(root, runtime), { recursive: true });
    images.push(await buildImage(join(root, runtime), root));
  });
  afterAll(async () => {
    await containers.remove();
    await Promise.all(images.map(removeImage));
    await rm(root, { recursive: true });
  });

  it('answers anew within seconds', async () => {
    await replaceInFolder(join(root, runtime), 'Hello', 'Good morning');
    const saved = Date.now();
    const image = await buildImage(join(root, runtime), root);
    images.push(image);
    const running = await containers.start(image, 'instance');
    await until('it serves', running.serves);
    expect(await (await fetch(`${running.origin}/`)).json()).toEqual({ greeting: 'Good morning, world!' });
    expect(Date.now() - saved).toBeLessThan(3 * GOAL_MS);
  });
});

async function replaceInFolder(folder: string, from: string, to: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    await writeFile(path, (await readFile(path, 'utf8')).replaceAll(from, to));
  }
}
