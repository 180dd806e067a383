import { afterAll, beforeAll, describe, it } from 'vitest';

import type { Running } from './container.ts';
import { containersOf } from './container.ts';
import { formsOf } from './forms.ts';
import type { Image } from './image.ts';
import { buildImage, removeImage } from './image.ts';
import { CASES, excuseFor } from './matrix.ts';
import { until } from './target.ts';

/** Runs every case against every form of a runtime: one image and one container for each form. */
export function runMatrix(runtime: string): void {
  const containers = containersOf(runtime);
  const columns = formsOf(runtime).map((form) => [`${runtime}/${form.name}`, form] as const);
  beforeAll(containers.remove);

  describe.each(columns)('%s', (_title, form) => {
    let image: Image;
    let running: Running;

    beforeAll(async () => {
      image = await buildImage(form.folder);
      running = await containers.start(image, 'instance');
      await until('it serves', running.serves);
    });

    afterAll(async () => {
      await containers.remove();
      await removeImage(image);
    });

    const cells = CASES.map((each) => ({ ...each, excuse: excuseFor(form, each) }));
    for (const { name, run, excuse } of cells) {
      // oxlint-disable-next-line vitest/expect-expect -- every case has its own assertions
      it.skipIf(excuse !== undefined)(`${name}${excuse === undefined ? '' : ` [${excuse}]`}`, () =>
        run({ ...running, form, start: (profile) => containers.start(image, profile) }),
      );
    }
  });
}
