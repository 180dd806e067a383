import { access, constants, readFile, stat } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';

import { FaasoError } from '../../core/errors.ts';
import { writeFileAtomic } from '../../files/atomic.ts';
import type { CaddyRouterOptions } from './options.ts';

type Which = Pick<CaddyRouterOptions, 'binary' | 'programFile'>;

const CADDY = 'caddy';

/**
 * Keeps which Caddy is meant where somebody typed an apply: the daemon may have been started where there was none, or
 * another one. Nothing changes where none is on that `path`.
 */
export async function keepProgram(which: Which, path: string | undefined): Promise<void> {
  const found = await search(CADDY, path);
  if (found !== undefined) await keep(which, found);
}

/** {@link programOf}, which is the one that later starts take. */
export async function startedProgram(which: Which): Promise<string> {
  const found = await programOf(which);
  if (which.binary === undefined) await keep(which, found);
  return found;
}

/** The Caddy to start: the kept one while it is there, else the one on the PATH of this process. Rejects with `router-unsupported`. */
export async function programOf(which: Which, path = process.env['PATH']): Promise<string> {
  if (which.binary !== undefined) return await findProgram(which.binary);
  const last = await kept(which);
  const found = last !== undefined && (await isProgram(last)) ? last : await search(CADDY, path);
  if (found !== undefined) return found;
  const gone = last === undefined ? '' : `${last} is gone, and `;
  throw new FaasoError('router-unsupported', `${gone}no program "${CADDY}" is on the PATH`, {
    hint: 'install Caddy (https://caddyserver.com/docs/install) and apply where it is on the PATH, or set router.kind to builtin',
  });
}

/** Absolute path of a program on the PATH of this process. Rejects with `router-unsupported`. */
export async function findProgram(name: string): Promise<string> {
  if (name.includes('/')) return name;
  const found = await search(name, process.env['PATH']);
  if (found !== undefined) return found;
  throw new FaasoError('router-unsupported', `no program "${name}" is on the PATH`, {
    hint: name === 'setpriv' ? 'install util-linux, or run faaso as a user who is not root' : 'install it',
  });
}

async function keep(which: Which, found: string): Promise<void> {
  if (found !== (await kept(which))) await writeFileAtomic(which.programFile, found, 0o600);
}

async function kept({ programFile }: Which): Promise<string | undefined> {
  const path = (await readFile(programFile, 'utf8').catch(() => '')).trim();
  return isAbsolute(path) ? path : undefined;
}

/** Only in absolute folders: others lead elsewhere once this process has another working folder. */
async function search(name: string, path = ''): Promise<string | undefined> {
  for (const folder of path.split(delimiter).filter(isAbsolute))
    if (await isProgram(join(folder, name))) return join(folder, name);
  return undefined;
}

async function isProgram(path: string): Promise<boolean> {
  return await Promise.all([access(path, constants.X_OK), stat(path)]).then(
    ([, info]) => info.isFile(),
    () => false,
  );
}
