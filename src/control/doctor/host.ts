import { execFile } from 'node:child_process';
import { readdir, readFile, readlink, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** How full a file system is. */
export interface Space {
  readonly bytes: number;
  readonly usedBytes: number;
  /** What this user may still write. */
  readonly freeBytes: number;
  /** 0 where the file system counts none. */
  readonly inodes: number;
  readonly freeInodes: number;
  /** Equal for paths on the same file system. */
  readonly device: number;
}

/** What this machine says of itself. Only reads; what cannot be read is absent. */
export interface HostFacts {
  readonly uid: number;
  /** Milliseconds since 1970. */
  now(): number;
  /** The text of one of the system's files. */
  text(path: string): Promise<string | undefined>;
  /** Names in one of the system's folders; empty where it cannot be read. */
  names(folder: string): Promise<readonly string[]>;
  link(path: string): Promise<string | undefined>;
  /** Of the file system that holds the path. */
  space(path: string): Promise<Space | undefined>;
  /** What a program that changes nothing writes; `undefined` when it is not there or fails. */
  output(program: string, args: readonly string[]): Promise<string | undefined>;
}

/** The facts of this machine; `root`: where its `/proc`, `/etc` and `/run` are found. */
export function hostFacts(root = '/'): HostFacts {
  const quiet = <Value>(value: Promise<Value>): Promise<Value | undefined> => value.catch(() => undefined);
  return {
    uid: process.getuid?.() ?? 0,
    now: () => Date.now(),
    text: (path) => quiet(readFile(join(root, path), 'utf8')),
    names: async (folder) => (await quiet(readdir(join(root, folder)))) ?? [],
    link: (path) => quiet(readlink(join(root, path))),
    space: async (path) => {
      const [info, { dev }] = (await quiet(Promise.all([statfs(path), stat(path)]))) ?? [
        undefined,
        { dev: 0 },
      ];
      if (info === undefined) return undefined;
      return {
        bytes: info.blocks * info.bsize,
        usedBytes: (info.blocks - info.bfree) * info.bsize,
        freeBytes: info.bavail * info.bsize,
        inodes: info.files,
        freeInodes: info.ffree,
        device: dev,
      };
    },
    output: async (program, args) =>
      (await quiet(promisify(execFile)(program, [...args], { timeout: 3000, encoding: 'utf8' })))?.stdout,
  };
}
