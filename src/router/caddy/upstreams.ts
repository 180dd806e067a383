import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { RouteEntry } from '../router.ts';
import { REASON_SUFFIX, RETRY_SUFFIX, UNREADY } from './routes-config.ts';

/**
 * One file for each function that says where it is now. Caddy reads it for each request, so that a redeploy changes
 * nothing of its configuration: the file is renamed over.
 */
export class Upstreams {
  readonly #folder: string;
  readonly #written = new Map<string, string>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Brings the files in line with the targets. Those of functions without a route go with {@link prune}. */
  async write(entries: readonly RouteEntry[]): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o755 });
    for (const { function: name, target } of entries) {
      if (target.kind === 'unready') {
        await this.#put(`${name}${RETRY_SUFFIX}`, `${target.retryAfterSeconds}`);
        await this.#put(`${name}${REASON_SUFFIX}`, JSON.stringify(target.reason).slice(1, -1));
      }
      await this.#put(name, target.kind === 'instance' ? `127.0.0.1:${target.port}` : UNREADY);
    }
  }

  async #put(name: string, text: string): Promise<void> {
    if (this.#written.get(name) === text) return;
    // Not fsynced: after a power cut nothing of it counts.
    const temporary = join(this.#folder, `.${name}.${process.pid}`);
    await writeFile(temporary, `${text}\n`, { mode: 0o644 });
    await rename(temporary, join(this.#folder, name));
    this.#written.set(name, text);
  }

  /** Removes files that no route reads any more. */
  async prune(entries: readonly RouteEntry[]): Promise<void> {
    const names = new Set(
      entries.flatMap(({ function: name }) =>
        ['', RETRY_SUFFIX, REASON_SUFFIX].map((end) => `${name}${end}`),
      ),
    );
    for (const file of await readdir(this.#folder)) {
      if (!names.has(file)) await rm(join(this.#folder, file), { force: true });
    }
    for (const name of this.#written.keys()) if (!names.has(name)) this.#written.delete(name);
  }

  async remove(): Promise<void> {
    this.#written.clear();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
