import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { writeFileAtomic } from '../../../src/files/atomic.ts';
import { tempFolder } from '../../support/temp-folder.ts';

it('replaces a file as a whole: who has it open goes on reading the old one', async () => {
  const folder = tempFolder();
  const path = join(folder, 'state.json');
  await writeFileAtomic(path, 'old', 0o600);
  const reader = await open(path);
  await writeFileAtomic(path, 'new', 0o600);
  expect(await reader.readFile('utf8')).toBe('old');
  await reader.close();
  expect(readFileSync(path, 'utf8')).toBe('new');
  expect(readdirSync(folder)).toEqual(['state.json']);
});

it('gives the mode that is asked for, whatever the umask and the file before', async () => {
  const path = join(tempFolder(), 'state.json');
  writeFileSync(path, 'old', { mode: 0o644 });
  const before = process.umask(0o077);
  try {
    await writeFileAtomic(path, 'new', 0o640);
  } finally {
    process.umask(before);
  }
  expect(statSync(path).mode & 0o777).toBe(0o640);
});

it('leaves the old file and nothing else when it fails', async () => {
  const folder = tempFolder();
  mkdirSync(join(folder, 'taken', 'by-a-folder'), { recursive: true });
  await expect(writeFileAtomic(join(folder, 'taken'), 'new', 0o600)).rejects.toMatchObject({
    code: 'EISDIR',
  });
  expect(readdirSync(folder)).toEqual(['taken']);
});

it('never mixes two writes that go on at once', async () => {
  const path = join(tempFolder(), 'state.json');
  const texts = Array.from({ length: 20 }, (_, index) => String(index).repeat(50_000));
  await Promise.all(texts.map((text) => writeFileAtomic(path, text, 0o600)));
  expect(texts).toContain(readFileSync(path, 'utf8'));
});
