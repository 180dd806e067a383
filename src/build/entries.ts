/** What a build context consists of. Folders are implied by the paths; an empty folder is not part of a context. */
export type ContextEntry = FileEntry | LinkEntry;

export interface FileEntry {
  readonly kind: 'file';
  /** In the context: relative, `/` between segments, no `.` or `..`. */
  readonly path: string;
  /** Absolute path on this machine. */
  readonly source: string;
  readonly size: number;
  readonly executable: boolean;
  /** SHA-256 of the content, hexadecimal. */
  readonly hash: string;
}

interface LinkEntry {
  readonly kind: 'link';
  readonly path: string;
  /** Absolute path on this machine. */
  readonly source: string;
  /** Relative; never leads out of the folder that the link came with. */
  readonly target: string;
}

/** Largest sum of all files of one context, in bytes. */
export const MAX_CONTEXT_BYTES = 512 * 1024 * 1024;
/** Most files and links of one context. */
export const MAX_CONTEXT_ENTRIES = 50_000;

/** Orders by path in code units, so that the order is the same under every locale. */
export function byPath(a: { readonly path: string }, b: { readonly path: string }): number {
  return a.path < b.path ? -1 : a.path > b.path ? 1 : 0;
}
