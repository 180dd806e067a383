import { lstat, readdir, realpath, stat } from 'node:fs/promises';
import { relative, sep } from 'node:path';

/** What became of a path that should be a folder. */
export type Folder =
  | { readonly kind: 'folder'; /** Absolute real path. */ readonly path: string }
  | { readonly kind: 'missing' }
  | {
      readonly kind: 'refused';
      /** Continues a sentence that begins with the path. */ readonly reason: string;
    };

/** Whether `path` lies below `folder` (both absolute and real), or is it. */
export function isInside(folder: string, path: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

/** The real folder at `path`, when it lies below `root` (absolute real path) and is not faaso's own. */
export async function folderInside(root: string, path: string): Promise<Folder> {
  try {
    const real = await realpath(path);
    if (!(await stat(real)).isDirectory()) return { kind: 'refused', reason: 'is not a folder' };
    if (!isInside(root, real)) return { kind: 'refused', reason: "leads out of the project's folder" };
    if (real === root)
      return { kind: 'refused', reason: "is the project's folder itself; give the function one of its own" };
    if (isInside(`${root}${sep}.faaso`, real)) return { kind: 'refused', reason: 'belongs to faaso itself' };
    return { kind: 'folder', path: real };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return { kind: 'missing' };
    if (code === 'ELOOP') return { kind: 'refused', reason: 'is a symbolic link that leads back to itself' };
    if (code === 'EACCES') return { kind: 'refused', reason: 'cannot be entered: permission denied' };
    return { kind: 'refused', reason: `cannot be read: ${message}` };
  }
}

/** Names of the folders in `path`, sorted; none when it cannot be read. */
export async function foldersIn(path: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true });
    const folders = entries.filter((entry) => entry.isDirectory() || entry.isSymbolicLink());
    return folders.map((entry) => entry.name).toSorted();
  } catch {
    return [];
  }
}

/** `path` as shown to the user: relative to the project where it lies in it. */
export function shownPath(root: string, path: string): string {
  return isInside(root, path) ? relative(root, path) || '.' : path;
}

/** Whether anything is at `path`, also what cannot be read. */
export async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
