import { chmod, lstat, mkdir, readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { errorCode, FaasoError } from '../../core/errors.ts';
import { replaceFile } from '../../files/atomic.ts';
import type { RouteEntry } from '../router.ts';
import type { UpstreamFolder } from './place.ts';
import { addressOfPort, READABLE_FILE, REASON_SUFFIX, RETRY_SUFFIX, UNREADY } from './routes-config.ts';

/**
 * One file for each function that says where it is now. Caddy reads it for each request, so that a redeploy changes
 * nothing of its configuration: the file is renamed over.
 */
export class Upstreams {
  readonly #folder: UpstreamFolder;
  readonly #written = new Map<string, string>();

  constructor(folder: UpstreamFolder) {
    this.#folder = folder;
  }

  /** Brings the files in line with the targets. Those of functions without a route go with {@link prune}. */
  async write(entries: readonly RouteEntry[]): Promise<void> {
    await this.#prepare();
    if (this.#folder.shared) await this.#put(READABLE_FILE, 'yes');
    for (const { function: name, target } of entries) {
      if (target.kind === 'unready') {
        await this.#put(`${name}${RETRY_SUFFIX}`, `${target.retryAfterSeconds}`);
        await this.#put(`${name}${REASON_SUFFIX}`, JSON.stringify(target.reason).slice(1, -1));
      }
      await this.#put(name, target.kind === 'instance' ? addressOfPort(target.port) : UNREADY);
    }
  }

  async #put(name: string, text: string): Promise<void> {
    if (this.#written.get(name) === text) return;
    await replaceFile(join(this.#folder.path, name), `${text}\n`, 0o644);
    this.#written.set(name, text);
  }

  /** Removes files that no route reads any more. */
  async prune(entries: readonly RouteEntry[]): Promise<void> {
    const names = new Set(
      entries.flatMap(({ function: name }) =>
        ['', RETRY_SUFFIX, REASON_SUFFIX].map((end) => `${name}${end}`),
      ),
    );
    names.add(READABLE_FILE);
    const { path } = this.#folder;
    for (const file of await readdir(path)) {
      if (!names.has(file)) await rm(join(path, file), { force: true });
    }
    for (const name of this.#written.keys()) if (!names.has(name)) this.#written.delete(name);
  }

  async remove(): Promise<void> {
    this.#written.clear();
    await rm(this.#folder.path, { recursive: true, force: true });
  }

  /** Looked at each time: it is small, and what cleans up may have taken it. */
  async #prepare(): Promise<void> {
    const { path, shared } = this.#folder;
    if (await isFolder(path)) return;
    this.#written.clear();
    if (!shared) {
      await mkdir(path, { recursive: true, mode: 0o755 });
      return;
    }
    for (const folder of [dirname(path), path]) {
      await mkdir(folder, { mode: 0o755 }).catch((error: unknown) => {
        if (errorCode(error) !== 'EEXIST') throw error;
      });
      // Not followed: in /tmp anybody may have put a link, or a folder that only looks like ours.
      const info = await lstat(folder);
      if (!info.isDirectory() || info.uid !== process.getuid?.()) {
        throw new FaasoError(
          'state-unreadable',
          `${folder}, for what Caddy reads, is not a folder of this user`,
          {
            hint: 'remove it',
          },
        );
      }
      // Whatever the umask was.
      await chmod(folder, 0o755);
    }
  }
}

async function isFolder(path: string): Promise<boolean> {
  return await lstat(path).then(
    (info) => info.isDirectory() && info.uid === process.getuid?.(),
    () => false,
  );
}
