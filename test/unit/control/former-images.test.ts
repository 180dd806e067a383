import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { formerImages } from '../../../src/control/former-images.ts';
import { ROOT_RECORD } from '../../../src/control/run-folder.ts';
import { projectPaths } from '../../../src/core/paths.ts';
import { imageLabels } from '../../../src/engine/labels.ts';
import { createMemoryEngine } from '../../../src/engine/memory.ts';
import { functionName, releaseOf } from '../../contract/engine/harness.ts';
import { tempFolder } from '../../support/temp-folder.ts';

it('are those of this folder that no container and no other folder has', async () => {
  const [base, runs] = [tempFolder(), tempFolder()];
  const root = join(base, 'here');
  const engine = createMemoryEngine();
  const imageOf = (name: string, from = root): void => {
    const release = releaseOf(functionName('f'), `faaso/${name}/f:1`, {});
    engine.addImage(release.image, imageLabels({ name, root: from }, release.function, release.revision));
  };
  for (const name of ['now', 'old', 'runs', 'moved']) imageOf(name);
  imageOf('other', join(base, 'elsewhere'));
  const release = releaseOf(functionName('f'), 'faaso/runs/f:1', {});
  await engine.start({ project: { name: 'runs', root: '/x' }, release, port: 20_000, attempt: 0 });
  const there = join(base, 'there');
  mkdirSync(join(there, '.faaso/state'), { recursive: true });
  writeFileSync(
    join(there, '.faaso/state/applied.json'),
    JSON.stringify({ format: 1, name: 'moved', root: there }),
  );
  mkdirSync(join(runs, 'b'));
  writeFileSync(join(runs, 'b', ROOT_RECORD), there);

  const paths = projectPaths(root, { uid: 0, run: join(runs, 'a') });
  const found = await formerImages({ engine, paths }, { name: 'now', root });
  expect(found.flatMap(({ tags }) => tags)).toEqual(['faaso/old/f:1']);
});
