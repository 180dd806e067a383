import { watch } from 'chokidar';
import type { FSWatcher } from 'chokidar';

import { errorCode } from '../core/errors.ts';

/** Editors write a file in several steps; this long without another event, and it is whole. */
const SETTLE_MS = 60;
const IGNORED = /(?:^|\/)(?:\.git|\.faaso|node_modules|__pycache__|\.venv)(?:\/|$)|~$|\.sw[a-z]$/;

export interface WatcherParts {
  /** Absolute path; what is ignored is ignored below it only. */
  readonly root: string;
  /** Called when something changed and has settled; returns the files and folders to watch from then on. */
  readonly onChange: () => Promise<readonly string[]>;
  /** Said once when the system has no more inotify watches and files are polled instead. */
  readonly onPolling: () => void;
}

/** Watches files and folders; one call of `onChange` at a time, and one more for what happened meanwhile. */
export class Watcher {
  readonly #parts: WatcherParts;
  #watcher: FSWatcher | undefined;
  #watched: readonly string[] = [];
  #timer: NodeJS.Timeout | undefined;
  #busy = false;
  #dirty = false;
  #polling = false;
  #closed = false;

  constructor(parts: WatcherParts) {
    this.#parts = parts;
  }

  /** Watches exactly `paths` from now on; says whether it watched others before. */
  async follow(paths: readonly string[]): Promise<boolean> {
    if (this.#closed || paths.length === 0 || same(paths, this.#watched)) return false;
    this.#watched = paths;
    await this.#watcher?.close();
    const { root } = this.#parts;
    const watcher = watch([...paths], {
      ignoreInitial: true,
      ignored: (path) => IGNORED.test(path.startsWith(root) ? path.slice(root.length) : path),
      followSymlinks: false,
      usePolling: this.#polling,
      interval: 300,
    });
    this.#watcher = watcher;
    watcher.on('all', () => this.#touch());
    watcher.on('error', (error) => this.#onError(error));
    // One that fails, and one that is closed meanwhile, may never be ready.
    await new Promise<void>((resolve) => {
      watcher.once('ready', resolve);
      watcher.once('error', () => resolve());
    });
    return true;
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#watcher?.close();
  }

  #touch(): void {
    if (this.#closed) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#handle(), SETTLE_MS);
  }

  async #handle(): Promise<void> {
    if (this.#busy) {
      this.#dirty = true;
      return;
    }
    this.#busy = true;
    try {
      // What is saved between the look at the files and the first moment of a new watch shows in no event.
      if (await this.follow(await this.#parts.onChange())) this.#dirty = true;
    } catch {
      // The change was told of as a failure by the one who handles it; the next change is a new chance.
    } finally {
      this.#busy = false;
    }
    if (this.#dirty) {
      this.#dirty = false;
      this.#touch();
    }
  }

  #onError(error: unknown): void {
    const code = errorCode(error);
    if (this.#polling || (code !== 'ENOSPC' && code !== 'EMFILE')) return;
    this.#polling = true;
    this.#parts.onPolling();
    const paths = this.#watched;
    this.#watched = [];
    void this.follow(paths);
  }
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((path, index) => path === b[index]);
}
