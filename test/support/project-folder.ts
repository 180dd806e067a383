import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A project's folder on disk. */
export interface ProjectFolder {
  /** Absolute real path. */
  readonly root: string;
  /** Absolute path of its functions.yml. */
  readonly file: string;
  /** Writes a file below the root, making its folders. */
  readonly write: (path: string, content: string | Uint8Array) => void;
}

/** Ends the path of a file that can be run. */
const PROGRAM = ' (program)';

/**
 * Makes a temporary project with the given files (path → content; `PATH (program)` can be run); it is removed when the
 * test ends.
 */
export function projectFolder(files: Readonly<Record<string, string | Uint8Array>> = {}): ProjectFolder {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'faaso-config-')));
  onTestFinished(() => rmSync(base, { recursive: true, force: true }));
  // A name of its own, because it is the project's default name.
  const root = join(base, 'shop');
  mkdirSync(root);
  const folder: ProjectFolder = {
    root,
    file: join(root, 'functions.yml'),
    write: (name, content) => {
      const path = name.replace(PROGRAM, '');
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), content);
      if (path !== name) chmodSync(join(root, path), 0o755);
    },
  };
  for (const [path, content] of Object.entries(files)) folder.write(path, content);
  return folder;
}
