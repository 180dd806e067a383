import { randomBytes } from 'node:crypto';
import { access, link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';

import { errorCode } from '../core/errors.ts';
import { exclusively } from './exclusive.ts';

/** Who holds a lock. */
export interface LockOwner {
  readonly pid: number;
  /** Start time of the process in kernel ticks, so that a reused pid is not taken for the owner. */
  readonly startTicks: string;
  /** The kernel's boot id: a lock of an earlier boot is stale. */
  readonly boot: string;
  readonly uid: number;
  /** Where the owner answers. */
  readonly socket: string;
  /** Absolute path of the lock. A copy, or one that moved along with its folder, is nobody's. */
  readonly path: string;
}

export type LockResult =
  | { readonly kind: 'acquired'; readonly release: () => Promise<void> }
  | { readonly kind: 'held'; readonly owner: LockOwner };

/** Takes the lock file at `path`, or says who holds it. A lock whose owner is gone is taken over. */
export async function acquireLock(path: string, socket: string): Promise<LockResult> {
  const mine: LockOwner = {
    pid: process.pid,
    startTicks: startTicks(process.pid) ?? '',
    boot: bootId(),
    uid: process.getuid?.() ?? 0,
    socket,
    path,
  };
  const own = `${path}.${process.pid}-${randomBytes(6).toString('hex')}`;
  await writeFile(own, JSON.stringify(mine), { mode: 0o600 });
  try {
    // Of two that find the same stale lock, the later one would else remove what the earlier one put in its place.
    return await exclusively(path, () => take(own, path, mine));
  } finally {
    await rm(own, { force: true });
  }
}

async function take(own: string, path: string, mine: LockOwner): Promise<LockResult> {
  // Two rounds are enough unless the owner changes each time; then saying who holds it is right.
  for (let round = 0; ; round += 1) {
    try {
      // link() is the atomic "create with this content or fail"; open('wx') would show an empty file for a moment.
      await link(own, path);
      return { kind: 'acquired', release: () => exclusively(path, () => releaseLock(path, mine)) };
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw error;
    }
    const owner = await readLock(path);
    if (owner !== undefined && (isAlive(owner) || round >= 2)) return { kind: 'held', owner };
    await breakStale(path, own);
  }
}

/** The living owner of a lock, if any. */
export async function lockOwner(path: string): Promise<LockOwner | undefined> {
  const owner = await readLock(path);
  return owner !== undefined && isAlive(owner) ? owner : undefined;
}

/** Whether this process still holds the lock: somebody may have removed it, or moved the folder that it lies in. */
export async function holdsLock(path: string): Promise<boolean> {
  try {
    await access(path);
  } catch (error) {
    // Anything else says nothing about the lock.
    return errorCode(error) !== 'ENOENT' && errorCode(error) !== 'ENOTDIR';
  }
  const owner = await readLock(path);
  return owner === undefined || owner.pid === process.pid;
}

/** The id of this boot of the machine. */
export function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

/** Moves a stale lock away; when another process was quicker and a living one was moved, it is put back. */
async function breakStale(path: string, own: string): Promise<void> {
  const moved = `${own}.stale`;
  try {
    await rename(path, moved);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return;
    throw error;
  }
  const owner = await readLock(moved, path);
  if (owner !== undefined && isAlive(owner)) await link(moved, path).catch(() => undefined);
  await rm(moved, { force: true });
}

async function releaseLock(path: string, mine: LockOwner): Promise<void> {
  const owner = await readLock(path);
  if (owner?.pid === mine.pid && owner.startTicks === mine.startTicks) await rm(path, { force: true });
}

/** `path`: where the lock was taken. */
async function readLock(file: string, path = file): Promise<LockOwner | undefined> {
  try {
    const data = JSON.parse(await readFile(file, 'utf8')) as Partial<LockOwner>;
    if (typeof data.pid !== 'number' || typeof data.startTicks !== 'string' || typeof data.boot !== 'string')
      return undefined;
    const { pid, startTicks: ticks, boot, uid = 0, socket = '' } = data;
    return (data.path ?? path) === path ? { pid, startTicks: ticks, boot, uid, socket, path } : undefined;
  } catch {
    return undefined;
  }
}

function isAlive(owner: LockOwner): boolean {
  return owner.boot === bootId() && startTicks(owner.pid) === owner.startTicks;
}

/**
 * Field 22 of `/proc/PID/stat` (proc(5)); the command in field 2 may hold spaces and brackets. `undefined` when there
 * is no such process, or only what is left of one that its parent has not waited for (field 3).
 */
function startTicks(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}
