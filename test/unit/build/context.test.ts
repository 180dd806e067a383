import { execFile } from 'node:child_process';
import { truncate } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';

import { contextEntries, templateEntries } from '../../../src/build/context.ts';
import type { ContextEntry } from '../../../src/build/entries.ts';
import type { FolderSource } from '../../../src/core/specs.ts';
import type { Tree } from '../../support/build-fixture.ts';
import { buildFixture } from '../../support/build-fixture.ts';

interface Case {
  readonly tree: Tree;
  readonly source?: Partial<FolderSource>;
}

async function entriesOf({ tree, source }: Case): Promise<readonly ContextEntry[]> {
  const fixture = await buildFixture({ tree, ...(source === undefined ? {} : { source }) });
  const template = await templateEntries(fixture.source.runtime);
  return contextEntries(fixture.root, fixture.source, template);
}

async function pathsOf(options: Case): Promise<string[]> {
  return (await entriesOf(options)).map((entry) => entry.path).filter((path) => path !== 'Dockerfile');
}

describe('what of a folder enters the context', () => {
  it('takes dotfiles and nested files, with the template at the root', async () => {
    const paths = await pathsOf({
      tree: {
        'templates/plain/shim/server.py': '',
        'functions/one/.config/a.toml': '',
        'functions/one/b/c.txt': '',
      },
    });
    expect(paths).toEqual(['function/.config/a.toml', 'function/b/c.txt', 'shim/server.py']);
  });

  it('leaves out metadata.yml, .dockerignore, repositories, dependencies, caches and secrets by default', async () => {
    const paths = await pathsOf({
      tree: {
        'functions/one/handler.txt': '',
        'functions/one/metadata.yml': '',
        'functions/one/.dockerignore': '',
        'functions/one/.git/config': '',
        'functions/one/.env': 'KEY=canary',
        'functions/one/sub/.env': 'KEY=canary',
        'functions/one/.faaso/data/secret': '',
        'functions/one/sub/node_modules/a/index.js': '',
        'functions/one/__pycache__/x.pyc': '',
        'functions/one/.venv/bin/python': '',
      },
    });
    expect(paths).toEqual(['function/handler.txt']);
  });

  it('lets .dockerignore take back a default, but never .env, .faaso or .git', async () => {
    const paths = await pathsOf({
      tree: {
        'functions/one/.dockerignore': '!node_modules\n!metadata.yml\n!.env\n!**/.git\n!.faaso\n',
        'functions/one/metadata.yml': '',
        'functions/one/node_modules/a/index.js': '',
        'functions/one/.env': '',
        'functions/one/.git/config': '',
        'functions/one/.faaso/state/x': '',
      },
    });
    expect(paths).toEqual(['function/metadata.yml', 'function/node_modules/a/index.js']);
  });

  it('reads .dockerignore as docker does: comments, negation in order, ** and case', async () => {
    const paths = await pathsOf({
      tree: {
        'functions/one/.dockerignore':
          '# logs\n*.log\n!keep.log\n**/*.tmp\ndocs\n!docs/keep\nREADME.MD\na+b(1)\n',
        'functions/one/a.log': '',
        'functions/one/keep.log': '',
        'functions/one/sub/b.log': '',
        'functions/one/sub/c.tmp': '',
        'functions/one/docs/drop': '',
        'functions/one/docs/keep': '',
        'functions/one/readme.md': '',
        'functions/one/a+b(1)': '',
      },
    });
    expect(paths).toEqual([
      'function/docs/keep',
      'function/keep.log',
      'function/readme.md',
      'function/sub/b.log',
    ]);
  });

  it('keeps the executable bit and nothing else of a mode', async () => {
    const entries = await entriesOf({
      tree: {
        'functions/one/run': { text: '', mode: 0o700 },
        'functions/one/setuid': { text: '', mode: 0o4755 },
        'functions/one/private': { text: '', mode: 0o600 },
      },
    });
    const executable = entries.map((entry) => [entry.path, entry.kind === 'file' && entry.executable]);
    expect(executable).toEqual([
      ['Dockerfile', false],
      ['function/private', false],
      ['function/run', true],
      ['function/setuid', true],
    ]);
  });

  it('says that a function’s folder is missing', async () => {
    await expect(entriesOf({ tree: {} })).rejects.toMatchObject({
      code: 'context-invalid',
      message: 'functions/one does not exist',
    });
  });
});

describe('links and special files', () => {
  it('keeps links that stay inside, to files, folders, nothing and in circles', async () => {
    const entries = await entriesOf({
      tree: {
        'functions/one/data/a.txt': '',
        'functions/one/to-file': { link: 'data/a.txt' },
        'functions/one/to-folder': { link: 'data' },
        'functions/one/to-nothing': { link: 'absent' },
        'functions/one/data/up': { link: '..' },
        'functions/one/circle': { link: 'circle' },
      },
    });
    const links = entries
      .filter((entry) => entry.kind === 'link')
      .map(({ path, target }) => `${path} -> ${target}`);
    expect(links).toEqual([
      'function/circle -> circle',
      'function/data/up -> ..',
      'function/to-file -> data/a.txt',
      'function/to-folder -> data',
      'function/to-nothing -> absent',
    ]);
  });

  it.each([
    ['the parent folder', '../../outside'],
    ['another function', '../two/secret'],
    ['an absolute path', '/etc/passwd'],
    ['a path that dips out and back in', '../one/handler.txt/../../../../etc/passwd'],
  ])('refuses a link to %s, naming it and its target', async (_, target) => {
    await expect(
      entriesOf({ tree: { 'functions/one/link': { link: target }, 'functions/two/secret': '' } }),
    ).rejects.toMatchObject({
      code: 'context-invalid',
      message: expect.stringContaining(`functions/one/link is a link`),
    });
    await expect(entriesOf({ tree: { 'functions/one/link': { link: target } } })).rejects.toThrow(target);
  });

  it('refuses a link that leads out only through another link', async () => {
    const tree: Tree = {
      'functions/one/a/b/x': '',
      'functions/one/short': { link: 'a/b' },
      'functions/one/p': { link: 'q/r/../../../outside' },
      'functions/one/q/r': { link: '../short' },
      'functions/outside': '',
    };
    await expect(entriesOf({ tree })).rejects.toMatchObject({ code: 'context-invalid' });
  });

  it('leaves an excluded link alone wherever it leads', async () => {
    const tree: Tree = { 'functions/one/.dockerignore': 'link\n', 'functions/one/link': { link: '/etc' } };
    expect(await pathsOf({ tree })).toEqual([]);
  });

  it('refuses a FIFO without waiting for a writer', async () => {
    const fixture = await buildFixture();
    await promisify(execFile)('mkfifo', [join(fixture.source.folder, 'pipe')]);
    const template = await templateEntries(fixture.source.runtime);
    await expect(contextEntries(fixture.root, fixture.source, template)).rejects.toThrow(
      'functions/one/pipe is a FIFO',
    );
  });

  it('refuses a socket', async () => {
    const fixture = await buildFixture();
    const server = createServer();
    onTestFinished(() => void server.close());
    await new Promise<void>((resolve) => server.listen(join(fixture.source.folder, 's'), resolve));
    const template = await templateEntries(fixture.source.runtime);
    await expect(contextEntries(fixture.root, fixture.source, template)).rejects.toThrow(
      'functions/one/s is a socket',
    );
  });
});

describe('files:', () => {
  const shared: Tree = {
    'functions/one/handler.txt': '',
    'shared/units.json': '{}',
    'shared/deep/a.csv': 'a',
    'shared/deep/b.csv': 'b',
    'shared/deep/.hidden.csv': 'h',
  };

  it('copies a file, a folder and what a glob matches to where "to" says', async () => {
    const files = [
      { from: '../../shared/units.json', to: 'units.json' },
      { from: '../../shared/units.json', to: 'into/' },
      { from: '../../shared/deep', to: 'all' },
      { from: '../../shared/*/*.csv', to: 'data' },
    ];
    expect(await pathsOf({ tree: shared, source: { files } })).toEqual([
      'function/all/.hidden.csv',
      'function/all/a.csv',
      'function/all/b.csv',
      'function/data/deep/a.csv',
      'function/data/deep/b.csv',
      'function/handler.txt',
      'function/into/units.json',
      'function/units.json',
    ]);
  });

  it('takes back from the function’s own folder what .dockerignore leaves out', async () => {
    const tree: Tree = {
      'functions/one/.dockerignore': 'data\n',
      'functions/one/data/a.csv': '',
      'functions/one/data/b.txt': '',
    };
    expect(await pathsOf({ tree, source: { files: [{ from: 'data/*.csv' }] } })).toEqual([
      'function/data/a.csv',
    ]);
  });

  it.each([
    ['..', { from: '../../../x', to: 'x' }, 'leads out of the project'],
    ['an absolute path', { from: '/etc/passwd', to: 'x' }, 'is an absolute path'],
    ['a glob', { from: '../../../*', to: 'x' }, 'leads out of the project'],
    ['a link', { from: '../../out', to: 'x' }, 'leads out of the project'],
    ['a folder that is a link', { from: '../../etc/passwd', to: 'x' }, 'leads out of the project'],
    ['a glob over links', { from: '../../o*', to: 'x' }, 'leads out of the project'],
    ['.env', { from: '../../.env', to: 'x' }, 'lies in .env'],
    ['.faaso', { from: '../../.faaso/data/key', to: 'x' }, 'lies in .faaso'],
    ['.faaso over a link', { from: '../../key', to: 'x' }, 'lies in .faaso'],
    ['a glob for .env', { from: '../../.e*', to: 'x' }, 'lies in .env'],
    ['nothing', { from: 'absent', to: 'x' }, 'does not exist'],
    ['a glob without a match', { from: '*.absent' }, 'matches no file'],
    ['no target outside the folder', { from: '../../shared/units.json' }, 'has no "to:"'],
    ['a target that climbs', { from: 'handler.txt', to: '../Dockerfile' }, 'has a target outside'],
    ['an absolute target', { from: 'handler.txt', to: '/etc/x' }, 'has a target outside'],
    [
      'a target that is taken',
      { from: '../../shared/units.json', to: 'handler.txt' },
      'comes from two places',
    ],
    [
      'a target below a file',
      { from: '../../shared/units.json', to: 'handler.txt/x' },
      'lies below function/handler.txt',
    ],
  ])('refuses %s', async (_, copy, message) => {
    const tree: Tree = {
      ...shared,
      '.env': 'KEY=canary',
      '.faaso/data/key': 'canary',
      key: { link: '.faaso/data/key' },
      out: { link: '/etc/hostname' },
      etc: { link: '/etc' },
    };
    await expect(entriesOf({ tree, source: { files: [copy] } })).rejects.toMatchObject({
      code: 'context-invalid',
      message: expect.stringContaining(message),
    });
  });

  it('refuses to write through a link of the function', async () => {
    const tree: Tree = { ...shared, 'functions/one/link': { link: '.' } };
    const files = [{ from: '../../shared/units.json', to: 'link/units.json' }];
    await expect(entriesOf({ tree, source: { files } })).rejects.toThrow(
      'lies below function/link, which is a link',
    );
  });
});

describe('limits', () => {
  it('refuses more than 512 MiB before reading it, naming the file', async () => {
    const fixture = await buildFixture({ tree: { 'functions/one/a': 'x', 'functions/one/big': '' } });
    await truncate(join(fixture.source.folder, 'big'), 512 * 1024 * 1024);
    const template = await templateEntries(fixture.source.runtime);
    await expect(contextEntries(fixture.root, fixture.source, template)).rejects.toThrow(
      /larger than 512 MiB at functions\/one\/(a|big)/,
    );
  });
});
