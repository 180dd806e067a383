import { copyFileSync, rmSync, statSync, truncateSync } from 'node:fs';

const LIMIT_BYTES = 5 * 1024 * 1024;

/**
 * Keeps a log below twice 5 MiB: a longer one becomes `PATH.1` and begins anew. It is copied and emptied, not renamed,
 * because the process that writes it (opened for appending) goes on with the same file. Never throws.
 */
export function boundLog(path: string, limitBytes = LIMIT_BYTES): void {
  try {
    if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) <= limitBytes) return;
    const earlier = `${path}.1`;
    // Removed first: copying would write through a link.
    rmSync(earlier, { force: true });
    copyFileSync(path, earlier);
    truncateSync(path);
  } catch {
    // Where a log cannot be shortened it can hardly be told of either; what the log is for goes on.
  }
}
