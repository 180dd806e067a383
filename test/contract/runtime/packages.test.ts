import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { containersOf } from './container.ts';
import { RUNTIMES } from './forms.ts';
import type { Image } from './image.ts';
import { buildImage, removeImage } from './image.ts';
import { until } from './target.ts';

describe.each(RUNTIMES)('OS packages in %s', (runtime) => {
  const containers = containersOf(`packages/${runtime}`);
  let image: Image;

  beforeAll(async () => {
    await containers.remove();
    image = await buildImage(join(import.meta.dirname, 'fixtures', runtime, '_packages'));
  });
  afterAll(async () => {
    await containers.remove();
    await removeImage(image);
  });

  it('are in the stage that asked for them, and nothing of the build is left', async () => {
    const running = await containers.start(image, 'instance');
    await until('it serves', running.serves);
    const answer = await fetch(running.origin);
    expect(await answer.json()).toEqual({ says: 'hi\n', make: null, caBundle: false });
  });
});
