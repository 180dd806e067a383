import type { Scope } from './scope.ts';

/** Bytes of `NAME=value` with its end. The kernel starts no program with a longer one (execve(2), MAX_ARG_STRLEN). */
const MAX_BYTES = 128 * 1024;

/** A function's environment, without what faaso sets itself. */
export function containerEnv(
  scope: Scope,
  env: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  for (const [name, value] of Object.entries(env)) {
    if (name === 'PORT') scope.error(name, 'PORT is set by faaso; for an image, set port instead');
    if (name.startsWith('FAASO_')) scope.error(name, 'names that begin with FAASO_ are set by faaso');
    const bytes = Buffer.byteLength(name) + Buffer.byteLength(value) + 2;
    if (bytes > MAX_BYTES)
      scope.error(name, `${name} is longer than 128 KiB, which no program can be started with`);
  }
  return Object.fromEntries(Object.entries(env));
}
