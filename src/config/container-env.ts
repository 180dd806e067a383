import type { Scope } from './scope.ts';

/** Bytes of `NAME=value` with its end. The kernel starts no program with a longer one (execve(2), MAX_ARG_STRLEN). */
const MAX_BYTES = 128 * 1024;

/** A function's environment, without what faaso sets itself: `env` over what its env files say. */
export function containerEnv(
  scope: Scope,
  fromFiles: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  for (const [name, value] of Object.entries(env)) {
    const wrong = checkVariable(name, value);
    if (wrong !== undefined) scope.error(name, wrong);
  }
  return Object.fromEntries([...Object.entries(fromFiles), ...Object.entries(env)]);
}

/** Why a function cannot have the variable; `undefined` when it can. */
export function checkVariable(name: string, value: string): string | undefined {
  if (name === 'PORT') return 'PORT is set by faaso; for an image, set port instead';
  if (name.startsWith('FAASO_')) return 'names that begin with FAASO_ are set by faaso';
  const bytes = Buffer.byteLength(name) + Buffer.byteLength(value) + 2;
  return bytes > MAX_BYTES
    ? `${name} is longer than 128 KiB, which no program can be started with`
    : undefined;
}
