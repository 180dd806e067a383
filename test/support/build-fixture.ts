import { chmod, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';

import { parseFunctionName } from '../../src/core/names.ts';
import type { BuildSettings, FolderSource, FunctionSpec, Project, Source } from '../../src/core/specs.ts';

/** Text, or bytes with more said about the file. */
type TreeItem = string | { readonly text: string; readonly mode: number } | { readonly link: string };
/** Paths relative to a project's root → what is there. */
export type Tree = Readonly<Record<string, TreeItem>>;

/** A temporary folder that goes with the test; its real path. */
export async function temporaryFolder(): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'faaso-build-')));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes files and links below `root`. */
export async function writeTree(root: string, tree: Tree): Promise<void> {
  for (const [path, item] of Object.entries(tree)) {
    const target = join(root, path);
    await mkdir(dirname(target), { recursive: true });
    if (typeof item === 'string') await writeFile(target, item);
    else if ('link' in item) await symlink(item.link, target);
    else {
      await writeFile(target, item.text);
      await chmod(target, item.mode);
    }
  }
}

/** The smallest template that can be built: copies the function's folder. */
export const PLAIN_DOCKERFILE = [
  'ARG BASE_RUN',
  'FROM ${BASE_RUN}',
  'COPY function/ /app/',
  'CMD ["cat", "/app/handler.txt"]',
  '',
].join('\n');

/** The base that the set-up makes from Debian's packages. */
export const DEBIAN_BASE = 'faaso/base-debian:bookworm';

export interface FixtureOptions {
  readonly tree?: Tree;
  readonly dockerfile?: string;
  readonly source?: Partial<FolderSource>;
  readonly build?: Partial<BuildSettings>;
  /** A prebuilt image instead of a folder. */
  readonly image?: string;
  readonly root?: string;
  readonly name?: string;
}

export interface Fixture {
  readonly root: string;
  readonly project: Project;
  readonly fn: FunctionSpec;
  readonly source: FolderSource;
}

/** A project with one function `one` in `functions/one` and a template in `templates/plain`, on disk and as a spec. */
export async function buildFixture(options: FixtureOptions = {}): Promise<Fixture> {
  const root = options.root ?? (await temporaryFolder());
  await writeTree(root, {
    'templates/plain/Dockerfile': options.dockerfile ?? PLAIN_DOCKERFILE,
    ...(options.tree ?? { 'functions/one/handler.txt': 'hello\n' }),
  });
  const source = folderSource(root, options.source);
  const image: Source | undefined =
    options.image === undefined ? undefined : { kind: 'image', image: options.image };
  const fn = functionSpec('one', image ?? source);
  return { root, source, fn, project: projectSpec(root, options, fn) };
}

function folderSource(root: string, changes: Partial<FolderSource> = {}): FolderSource {
  return {
    kind: 'folder',
    folder: join(root, 'functions/one'),
    runtime: {
      name: 'plain',
      description: '',
      folder: join(root, 'templates/plain'),
      bases: { build: [], run: [DEBIAN_BASE] },
      options: {},
      required: [],
    },
    packages: { build: [], run: [] },
    files: [],
    options: {},
    ...changes,
  };
}

function projectSpec(root: string, options: FixtureOptions, fn: FunctionSpec): Project {
  return {
    name: options.name ?? `t-${randomBytes(5).toString('hex')}`,
    root,
    ports: { first: 20000, last: 20999 },
    router: { kind: 'builtin', host: '127.0.0.1', port: 0, trustedProxies: [] },
    build: { caBundle: 'none', proxy: 'none', args: {}, bases: {}, ...options.build },
    routes: [],
    functions: [fn],
  };
}

/** A function of this name and source with every other value at a default. */
export function functionSpec(text: string, source: Source): FunctionSpec {
  const name = parseFunctionName(text);
  if (name === undefined) throw new Error(`${text} is no function name`);
  return {
    name,
    description: '',
    source,
    container: {
      port: 3000,
      env: {},
      limits: { cpus: 1, memoryBytes: 256 * 1024 * 1024, pids: 128, tmpBytes: 64 * 1024 * 1024 },
      writable: [],
      secrets: {},
      networks: [],
      volumes: {},
      isolation: 'runc',
      health: {
        path: '/',
        expect: 'any',
        intervalMs: 10_000,
        timeoutMs: 1_000,
        retries: 3,
        startPeriodMs: 0,
      },
    },
    tests: [],
  };
}
