import { chmod, cp, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import type { Lookups } from '../../../src/build/prepare.ts';
import { prepare } from '../../../src/build/prepare.ts';
import { templateEntries } from '../../../src/build/context.ts';
import type { Prepared } from '../../../src/build/prepare.ts';
import type { ImageInfo } from '../../../src/engine/engine.ts';
import type { Fixture, FixtureOptions, Tree } from '../../support/build-fixture.ts';
import { buildFixture, DEBIAN_BASE, temporaryFolder } from '../../support/build-fixture.ts';

const IMAGES: Readonly<Record<string, string>> = {
  [DEBIAN_BASE]: 'layers-1',
  'mirror/debian:1': 'layers-1',
  'other:1': 'layers-2',
};

function lookups(images: Readonly<Record<string, string>> = IMAGES): Lookups {
  const info = (identity: string): ImageInfo => ({
    id: 'x',
    tags: [],
    labels: {},
    sizeBytes: 0,
    createdAt: 0,
    identity,
  });
  return {
    image: async (reference) => (images[reference] === undefined ? undefined : info(images[reference])),
    template: templateEntries,
    hasTag: async () => false,
  };
}

const TREE: Tree = {
  'functions/one/handler.txt': 'hello\n',
  'functions/one/lib/a.txt': 'a',
  'templates/plain/shim/server.py': 'serve',
};

const OPTIONS: FixtureOptions = { tree: TREE, name: 'demo' };

async function prepared(options: FixtureOptions = OPTIONS, images = IMAGES): Promise<Prepared> {
  const fixture = await buildFixture(options);
  return prepare(lookups(images), fixture.project, fixture.fn);
}

const again = (fixture: Fixture): Promise<Prepared> => prepare(lookups(), fixture.project, fixture.fn);

describe('equal input', () => {
  it('gives the same revision in two clones with other folders, times, umasks and creation order', async () => {
    const first = await buildFixture(OPTIONS);
    const root = join(await temporaryFolder(), 'elsewhere');
    await cp(first.root, root, { recursive: true });
    await rename(join(root, 'functions/one/lib/a.txt'), join(root, 'functions/one/lib/b.txt'));
    await rename(join(root, 'functions/one/lib/b.txt'), join(root, 'functions/one/lib/a.txt'));
    await chmod(join(root, 'functions/one/handler.txt'), 0o600);
    await chmod(join(root, 'functions/one/lib'), 0o700);
    await utimes(join(root, 'functions/one/handler.txt'), 1, 1);
    const second = await buildFixture({ ...OPTIONS, root, tree: {} });
    expect(await again(second)).toEqual(await again(first));
  });

  it('counts no mirror’s name, order of packages, proxy, CA bundle or description of the image', async () => {
    const plain = await prepared();
    const mirrored = await prepared({
      ...OPTIONS,
      build: { bases: { [DEBIAN_BASE]: 'mirror/debian:1' }, proxy: 'host', caBundle: 'host' },
    });
    expect(mirrored.revision).toBe(plain.revision);
    const packages = (run: string[]): Promise<Prepared> =>
      prepared({ ...OPTIONS, source: { packages: { build: [], run } } });
    expect((await packages(['b', 'a'])).revision).toBe((await packages(['a', 'b', 'a'])).revision);
  });

  it('counts no file that does not enter the context', async () => {
    const fixture = await buildFixture(OPTIONS);
    const before = await again(fixture);
    await writeFile(join(fixture.source.folder, 'metadata.yml'), 'description: other');
    await writeFile(join(fixture.source.folder, '.env'), 'KEY=1');
    expect(await again(fixture)).toEqual(before);
  });
});

describe('changed input', () => {
  it.each<[string, string, FixtureOptions]>([
    ['a file', 'handler.txt', { tree: { ...TREE, 'functions/one/handler.txt': 'other' } }],
    [
      'an executable bit',
      'handler.txt',
      { tree: { ...TREE, 'functions/one/handler.txt': { text: 'hello\n', mode: 0o755 } } },
    ],
    ['a new file', 'new', { tree: { ...TREE, 'functions/one/new': '' } }],
    ['a link', 'link', { tree: { ...TREE, 'functions/one/link': { link: 'lib' } } }],
    ['the template’s Dockerfile', 'template Dockerfile', { dockerfile: 'FROM x' }],
    [
      'the template’s shim',
      'template shim/server.py',
      { tree: { ...TREE, 'templates/plain/shim/server.py': 'x' } },
    ],
    ['a package of the image', 'package run curl', { source: { packages: { build: [], run: ['curl'] } } }],
    ['a package of the build', 'package build gcc', { source: { packages: { build: ['gcc'], run: [] } } }],
    ['an option', 'option threads', { source: { options: { threads: '2' } } }],
    ['a build argument', 'build arg INDEX', { build: { args: { INDEX: 'x' } } }],
    ['the base', 'base run', { build: { bases: { [DEBIAN_BASE]: 'other:1' } } }],
  ])('gives another revision and names %s', async (_, input, change) => {
    const before = await prepared();
    const after = await prepared({ ...OPTIONS, ...change });
    expect(after.revision).not.toBe(before.revision);
    const names = new Set([...Object.keys(before.inputs), ...Object.keys(after.inputs)]);
    const changed = [...names].filter((name) => before.inputs[name] !== after.inputs[name]);
    expect(changed).toEqual([input]);
  });

  it('gives another revision for a removed file', async () => {
    const fixture = await buildFixture(OPTIONS);
    const before = await again(fixture);
    await rm(join(fixture.source.folder, 'lib/a.txt'));
    const after = await again(fixture);
    expect(after.revision).not.toBe(before.revision);
    expect(after.inputs).not.toHaveProperty(['lib/a.txt']);
  });

  it('tells a link from a file whose text is the link’s target', async () => {
    const file = await prepared({ ...OPTIONS, tree: { ...TREE, 'functions/one/x': 'lib' } });
    const link = await prepared({ ...OPTIONS, tree: { ...TREE, 'functions/one/x': { link: 'lib' } } });
    expect(link.revision).not.toBe(file.revision);
  });
});

describe('the image', () => {
  it('is tagged by project, function and revision', async () => {
    const { image, revision, present } = await prepared();
    expect(image).toBe(`faaso/demo/one:${revision}`);
    expect(present).toBe(false);
  });

  it('gets a revision by the base’s name while the engine has no base', async () => {
    const absent = await prepared(OPTIONS, {});
    expect(absent.inputs['base run']).toBe(`missing ${DEBIAN_BASE}`);
    expect(absent.revision).not.toBe((await prepared()).revision);
  });

  it('of a prebuilt source is the user’s reference, its revision that of its layers', async () => {
    const one = await prepared({ ...OPTIONS, image: DEBIAN_BASE });
    expect(one).toMatchObject({ image: DEBIAN_BASE, present: true });
    const same = await prepared({ ...OPTIONS, image: 'mirror/debian:1' });
    expect(same.revision).toBe(one.revision);
    const absent = await prepared({ ...OPTIONS, image: 'absent:1' });
    expect(absent).toMatchObject({ image: 'absent:1', present: false });
    expect(absent.revision).not.toBe(one.revision);
  });
});
