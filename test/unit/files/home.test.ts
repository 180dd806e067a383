import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { unusableHome } from '../../../src/files/home.ts';
import { tempFolder } from '../../support/temp-folder.ts';

const closed = Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' });

it('says of a folder that cannot be made where it would lie, and that it is not there', async () => {
  const root = tempFolder();
  const home = join(root, '.faaso');
  expect(await unusableHome(home, closed)).toMatchObject({
    code: 'state-unreadable',
    message: `${home} cannot be made: user ${process.getuid?.()} may not write to ${root}`,
    hint: expect.stringContaining('or mend the rights of that folder'),
  });
  mkdirSync(home);
  expect(await unusableHome(home, closed)).toMatchObject({
    message: `${home} is closed to user ${process.getuid?.()}`,
  });
});
