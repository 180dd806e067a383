import { createHash } from 'node:crypto';
import { appendFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { unpackTar } from 'modern-tar';
import { describe, expect, it } from 'vitest';

import { contextEntries, templateEntries } from '../../../src/build/context.ts';
import type { ContextEntry } from '../../../src/build/entries.ts';
import { ContextChanged } from '../../../src/build/read-file.ts';
import { contextTar } from '../../../src/build/tar.ts';
import type { Fixture, Tree } from '../../support/build-fixture.ts';
import { buildFixture } from '../../support/build-fixture.ts';

const LONG = 'functions/one/' + 'long-folder-name/'.repeat(12) + 'ünïcode.txt';

const TREE: Tree = {
  'functions/one/handler.txt': 'hello\n',
  'functions/one/empty': '',
  'functions/one/run': { text: '#!/bin/sh\n', mode: 0o700 },
  'functions/one/link': { link: 'handler.txt' },
  [LONG]: 'deep',
};

async function entriesOf(fixture: Fixture): Promise<readonly ContextEntry[]> {
  return contextEntries(fixture.root, fixture.source, await templateEntries(fixture.source.runtime));
}

async function bytesOf(entries: readonly ContextEntry[]): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of contextTar(entries)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

describe('contextTar', () => {
  it('gives the same bytes from two folders', async () => {
    const hashes = await Promise.all(
      [1, 2].map(async () => {
        const bytes = await bytesOf(await entriesOf(await buildFixture({ tree: TREE })));
        return createHash('sha256').update(bytes).digest('hex');
      }),
    );
    expect(hashes[0]).toBe(hashes[1]);
  });

  it('has owner 0, a fixed time, modes 0755 and 0644, long and foreign names, and folders before what is in them', async () => {
    const entries = await unpackTar(await bytesOf(await entriesOf(await buildFixture({ tree: TREE }))), {
      strict: true,
    });
    const listed = entries.map(({ header }) => [header.name, header.type, header.mode?.toString(8)]);
    expect(listed).toEqual(
      expect.arrayContaining([
        ['function/', 'directory', '755'],
        ['function/handler.txt', 'file', '644'],
        ['function/run', 'file', '755'],
        [LONG.replace('functions/one', 'function'), 'file', '644'],
      ]),
    );
    expect(
      entries.every(({ header }) => header.uid === 0 && header.gid === 0 && header.mtime?.getTime() === 0),
    ).toBe(true);
    const link = entries.find(({ header }) => header.type === 'symlink');
    expect(link?.header).toMatchObject({ name: 'function/link', linkname: 'handler.txt' });
    const names = entries.map(({ header }) => header.name);
    expect(names.indexOf('function/')).toBeLessThan(names.indexOf('function/handler.txt'));
    const file = entries.find(({ header }) => header.name === 'function/handler.txt');
    expect(Buffer.from(file?.data ?? []).toString()).toBe('hello\n');
  });

  it.each<[string, (path: string) => Promise<void>]>([
    ['has other bytes of the same length', (path) => writeFile(path, 'HELLO\n')],
    ['grew', (path) => appendFile(path, 'more')],
    ['shrank', (path) => writeFile(path, 'x')],
  ])('breaks when a file %s since it was hashed', async (_, change) => {
    const fixture = await buildFixture({ tree: TREE });
    const entries = await entriesOf(fixture);
    await change(join(fixture.source.folder, 'handler.txt'));
    await expect(bytesOf(entries)).rejects.toBeInstanceOf(ContextChanged);
  });

  it.each<[string, (path: string) => Promise<void>]>([
    ['is gone', (path) => rm(path)],
    ['became a link', (path) => rm(path).then(() => symlink('empty', path))],
  ])('breaks when a file %s since it was hashed', async (_, change) => {
    const fixture = await buildFixture({ tree: TREE });
    const entries = await entriesOf(fixture);
    await change(join(fixture.source.folder, 'handler.txt'));
    await expect(bytesOf(entries)).rejects.toBeInstanceOf(ContextChanged);
  });

  it('streams: a reader that stops early stops the reading', async () => {
    const fixture = await buildFixture({ tree: { 'functions/one/big': 'x'.repeat(20 * 1024 * 1024) } });
    let seen = 0;
    for await (const chunk of contextTar(await entriesOf(fixture))) {
      seen += chunk.length;
      if (seen > 100_000) break;
    }
    expect(seen).toBeLessThan(1024 * 1024);
  });
});
