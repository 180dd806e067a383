import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** What a checkout has that a package is made from. */
const SOURCES = [
  'caddy',
  'src',
  'templates',
  'schemas',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'LICENSE',
  'README.md',
];

const execute = promisify(execFile);

/** `npm pack` as a maintainer runs it, in a copy that is compiled anew; returns the tarball's path. */
export async function packed(folder: string, version?: string): Promise<string> {
  const copy = join(folder, `source-${version ?? 'own'}`);
  mkdirSync(copy, { recursive: true });
  for (const name of SOURCES) cpSync(join(ROOT, name), join(copy, name), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  if (version !== undefined) {
    const manifest = JSON.parse(readFileSync(join(copy, 'package.json'), 'utf8')) as Record<string, unknown>;
    writeFileSync(join(copy, 'package.json'), JSON.stringify({ ...manifest, version }));
  }
  const target = join(folder, `packed-${version ?? 'own'}`);
  mkdirSync(target);
  await npm(['pack', '--silent', '--pack-destination', target], copy);
  const [tarball = ''] = readdirSync(target);
  return join(target, tarball);
}

/**
 * `npm install --global` into a prefix of its own. Rejects where a package that comes along does not promise to run on
 * this Node: users of it see a warning. (That is why light-my-request is a dependency: fastify takes the one that is
 * there, and later ones need Node 22. An override in package.json holds in a checkout only.)
 */
export async function installed(tarball: string, prefix: string): Promise<void> {
  const quiet = ['--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error', '--engine-strict'];
  await npm(['install', '--global', '--prefix', prefix, ...quiet, tarball], prefix);
}

export async function npm(args: readonly string[], cwd: string): Promise<string> {
  const { stdout } = await execute('npm', [...args], { cwd, env: ownEnvironment() });
  return stdout;
}

/** The environment of a user who has the prefix on the PATH, and none of the variables that npm gives its scripts. */
export function ownEnvironment(prefix?: string): Record<string, string> {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(?:npm_|NODE_(?!EXTRA_CA)|VITEST|INIT_CWD)/i.test(name),
  );
  const env = Object.fromEntries(kept.map(([name, value]) => [name, value ?? '']));
  const path = prefix === undefined ? [] : [join(prefix, 'bin')];
  return { ...env, NO_COLOR: '1', PATH: [...path, env['PATH'] ?? ''].join(delimiter) };
}
