import { randomBytes } from 'node:crypto';
import { execFile } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { publint } from 'publint';
import { afterAll, beforeAll, expect, test } from 'vitest';

import type { DaemonStatus, RunAnswer } from '../../src/control/api.ts';
import { startLoad } from '../support/load.ts';
import { docker } from '../support/local-engine.ts';
import { freePort } from '../support/ports.ts';
import { noteOwner, removeProject } from '../support/project-removal.ts';
import { installed, npm, ownEnvironment, packed } from '../support/packed.ts';
import { TestProject } from '../support/project.ts';

const execute = promisify(execFile);
const README = fileURLToPath(new URL('../../README.md', import.meta.url));

let folder = '';
let prefix = '';
let tarball = '';

beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'faaso-package-')));
  prefix = join(folder, 'prefix');
  mkdirSync(prefix);
  tarball = await packed(folder);
  await installed(tarball, prefix);
}, 180_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('the package holds what runs, no test, no map and nothing that only a checkout needs', async () => {
  const { messages } = await publint({ pack: { tarball: bytes(tarball) }, strict: true });
  expect(messages).toEqual([]);
  const files = (await execute('tar', ['-tzf', tarball])).stdout
    .trim()
    .split('\n')
    .map((path) => path.replace('package/', ''));
  const kinds = new Set(files.map((path) => path.split('/')[0] ?? ''));
  expect([...kinds].sort((a, b) => (a < b ? -1 : 1))).toEqual([
    'LICENSE',
    'README.md',
    'caddy',
    'dist',
    'package.json',
    'schemas',
    'src',
    'templates',
  ]);
  expect(files.filter((path) => /\.map$|\.test\.|__pycache__|\.compiled/.test(path))).toEqual([]);
  expect(files.filter((path) => path.startsWith('src/') && !path.startsWith('src/setup/'))).toEqual([]);
  for (const path of [
    'dist/index.d.ts',
    'schemas/functions.json',
    'templates/python/Dockerfile',
    'src/setup/setup.mjs',
  ])
    expect(files).toContain(path);
});

test('installed alone it explains itself, prints its schemas and finds the engine', async () => {
  const empty = mkdtempSync(join(folder, 'empty-'));
  const faaso = async (...args: readonly string[]): Promise<string> =>
    (await execute('faaso', [...args], { cwd: empty, env: ownEnvironment(prefix) })).stdout;
  expect(await faaso('--help')).toContain('  apply ');
  expect(await faaso('version')).toMatch(/^faaso \d/);
  expect(JSON.parse(await faaso('schema', 'status'))).toMatchObject({ title: 'faaso status --json' });
  expect(await faaso('setup')).toMatch(/^engine {5}.*\nbases {6}present.*\n$/m);
  expect(readdirSync(empty)).toEqual([]);
});

test(
  'from an empty folder to a function that answers, and back to nothing',
  { timeout: 120_000 },
  async () => {
    const base = mkdtempSync(join(tmpdir(), 'faaso-e2e-'));
    noteOwner(base);
    const root = join(realpathSync(base), `t-${randomBytes(4).toString('hex')}`);
    mkdirSync(root);
    try {
      const faaso = async (...args: readonly string[]): Promise<string> =>
        (await execute('faaso', [...args], { cwd: root, env: ownEnvironment(prefix) })).stdout;
      const listen = `127.0.0.1:${await freePort()}`;
      await faaso('init', '--runtime', 'node', '--listen', listen);
      expect(await faaso('validate')).toMatch(/\S/);
      const { url } = lastLine<RunAnswer>(await faaso('apply', '--json'));
      expect(url).toBe(`http://${listen}`);
      const answer = await faaso('invoke', 'hello');
      expect(answer).toContain('Hello');
      expect(await (await fetch(`${url}/hello`)).text()).toBe(answer);
      expect(await faaso('test')).toMatch(/passed/);
      expect(await faaso('status')).toMatch(/hello +running/);
      await faaso('new', 'other', '--runtime', 'node');
      await faaso('apply');
      expect(await faaso('invoke', 'other')).toMatch(/\S/);
      expect(await faaso('down', '--images', '--volumes')).toContain('Removed 2 containers');
      expect(await leftOf(root)).toEqual([]);
    } finally {
      await removeProject(root);
      rmSync(base, { recursive: true, force: true });
    }
  },
);

test(
  'the example of the README for programs has the right types and says what runs',
  { timeout: 120_000 },
  async () => {
    const project = new TestProject();
    try {
      project.node('hello', 'export const handler = () => "hello";');
      project.configure({ routes: { '/hello': 'hello' } });
      const user = join(folder, 'user');
      mkdirSync(join(user, 'node_modules'), { recursive: true });
      symlinkSync(join(prefix, 'lib/node_modules/faaso'), join(user, 'node_modules/faaso'));
      const [, example = ''] =
        /```js\n(import [^`]* from 'faaso';\n[^`]*)```/.exec(readFileSync(README, 'utf8')) ?? [];
      writeFileSync(join(user, 'example.mts'), example);
      writeFileSync(join(user, 'example.mjs'), example);
      writeFileSync(join(user, 'package.json'), '{}');
      const tsc = fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url));
      const types = fileURLToPath(new URL('../../node_modules/@types', import.meta.url));
      const strict = [
        '--noEmit',
        '--strict',
        '--module',
        'nodenext',
        '--target',
        'es2023',
        '--types',
        'node',
        '--typeRoots',
        types,
      ];
      const checked = await execute(process.execPath, [tsc, ...strict, 'example.mts'], { cwd: user }).catch(
        (error: unknown) => error,
      );
      expect(checked).toMatchObject({ stdout: '' });
      const { stdout } = await execute(process.execPath, ['example.mjs', project.root], {
        cwd: user,
        env: ownEnvironment(),
      });
      expect(stdout).toContain('hello');
    } finally {
      await project.dispose();
    }
  },
);

test(
  'an upgrade under load loses no request, and the next apply runs the new one',
  { timeout: 180_000 },
  async () => {
    const project = new TestProject({ routes: { '/hello': 'hello' } });
    try {
      project.node('hello', 'export const handler = () => "hello";');
      const faaso = async (...args: readonly string[]): Promise<string> =>
        (await execute('faaso', [...args], { cwd: project.root, env: ownEnvironment(prefix) })).stdout;
      const first = lastLine<RunAnswer>(await faaso('apply', '--json'));
      const before = JSON.parse(await faaso('daemon', 'status', '--json')) as DaemonStatus;
      const newer = await packed(folder, '99.0.0');
      const load = startLoad({ url: `${first.url}/hello`, rate: 50, isRight: (text) => text === 'hello' });
      await installed(newer, prefix);
      expect(await faaso('version')).toBe('faaso 99.0.0\n');
      // The new command works with the old daemon until something is to be changed.
      expect(JSON.parse(await faaso('status', '--json'))).toMatchObject({
        functions: [{ name: 'hello', state: 'running' }],
      });
      expect(JSON.parse(await faaso('daemon', 'status', '--json'))).toEqual(before);
      const second = lastLine<RunAnswer>(await faaso('apply', '--json'));
      expect(second).toMatchObject({ url: first.url, unchanged: ['hello'], failed: [] });
      const after = JSON.parse(await faaso('daemon', 'status', '--json')) as DaemonStatus;
      expect(after).toMatchObject({ version: '99.0.0', running: true });
      expect(after.pid).not.toBe(before.pid);
      await faaso('daemon', 'restart');
      const { lost, answered } = await load.stop();
      expect(lost).toEqual([]);
      expect(answered.length).toBeGreaterThan(200);
    } finally {
      await project.dispose();
    }
  },
);

test('npm rm takes all of it away', async () => {
  await npm(['rm', '--global', '--prefix', prefix, 'faaso'], folder);
  expect(readdirSync(join(prefix, 'lib/node_modules')).filter((name) => !name.startsWith('.'))).toEqual([]);
  expect(readdirSync(join(prefix, 'bin'))).toEqual([]);
});

/** What the engine still has that carries the project's label. */
async function leftOf(root: string): Promise<readonly string[]> {
  const filters = { label: [`faaso.root=${root}`] };
  const [containers, images, volumes, networks] = await Promise.all([
    docker.listContainers({ all: true, filters }),
    docker.listImages({ filters }),
    docker.listVolumes({ filters }),
    docker.listNetworks({ filters }),
  ]);
  const left = [containers, images, volumes.Volumes ?? [], networks];
  return left.flatMap((items) => (items as readonly unknown[]).map((item) => JSON.stringify(item)));
}

function lastLine<Value>(text: string): Value {
  return JSON.parse(text.trim().split('\n').at(-1) ?? '') as Value;
}

function bytes(file: string): ArrayBuffer {
  const content = readFileSync(file);
  return content.buffer.slice(content.byteOffset, content.byteOffset + content.byteLength) as ArrayBuffer;
}
