import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import type { Ended } from './built-cli.ts';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** Makes a folder's file system read-only, as a read-only mount of a container or a CD is. */
export const READ_ONLY = 'mount --bind "$PWD" "$PWD" && mount -o remount,ro,bind "$PWD" && cd "$PWD"';

/** Makes a folder a file system of its own in which nothing more can be written. */
export const FULL = `
pack=$(tar -cz . | base64 -w0)
mount -t tmpfs -o size=256k tmpfs "$PWD" && cd "$PWD" && base64 -d <<< "$pack" | tar -xz
cat /dev/zero > filler 2> /dev/null
[ "$(stat -f -c %a .)" = 0 ]
`;

/**
 * Runs the built CLI in `folder` after `mounts`, lines of shell whose mounts nobody else sees, with `input` on standard
 * input. Needs root.
 */
export async function faasoAmongMounts(
  mounts: string,
  argv: readonly string[],
  folder: string,
  input = '',
): Promise<Ended> {
  const script = `mount --make-rprivate / && { ${mounts}\n} && exec "$@"`;
  const words = ['--mount', 'bash', '-c', script, 'faaso', process.execPath, MAIN, ...argv];
  const { PATH, HOME, DOCKER_HOST } = process.env;
  const running = promisify(execFile)('unshare', words, {
    cwd: folder,
    env: { PATH, HOME, ...(DOCKER_HOST === undefined ? {} : { DOCKER_HOST }) },
    timeout: 30_000,
  });
  running.child.stdin?.end(input);
  return await running.then(
    (ended) => ({ code: 0, ...ended }),
    (error: Ended) => error,
  );
}
