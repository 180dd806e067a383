import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isRoot } from './host.mjs';
import { SetupError } from './report.mjs';

/** @typedef {{ pid: number, started: string, boot: string }} Holder */

/** A takeover lasts milliseconds; one that is older was cut off. */
const TAKEOVER_MAX_MS = 10_000;

/**
 * Where the lock lies: engine and base images belong to the machine, not to one checkout.
 * @param {NodeJS.ProcessEnv} env
 */
export function lockFile(env) {
  if (isRoot() && existsSync('/run')) return '/run/faaso/setup.lock';
  if (env.XDG_RUNTIME_DIR) return join(env.XDG_RUNTIME_DIR, 'faaso/setup.lock');
  return join(tmpdir(), `faaso-${process.getuid?.() ?? 0}`, 'setup.lock');
}

/**
 * Whether the holder of a lock is gone. The number of a process is given to others later, so the time it
 * started at and the boot it ran in are compared as well.
 * @param {Holder | undefined} holder
 * @param {{ boot: string, startOf: (pid: number) => string | undefined }} now
 */
export function isStale(holder, { boot, startOf }) {
  if (!holder || holder.boot !== boot) return true;
  return startOf(holder.pid) !== holder.started;
}

/**
 * Waits until no other set-up runs, then holds the lock until `release` is called or this process ends.
 * @param {string} file
 * @param {(pid: number) => void} onWait told once
 * @returns {Promise<() => void>} release
 */
export async function acquireLock(file, onWait) {
  prepareFolder(dirname(file));
  const mine = { pid: process.pid, started: startOf(process.pid), boot: bootId() };
  const draft = `${file}.${process.pid}`;
  let told = false;
  writeFileSync(draft, JSON.stringify(mine));
  try {
    while (!tryLink(draft, file)) {
      const holder = readHolder(file);
      if (isStale(holder, { boot: mine.boot, startOf })) {
        takeOver(file, mine.boot);
        continue;
      }
      if (!told) onWait(holder.pid);
      told = true;
      await sleep(200);
    }
  } finally {
    rmSync(draft, { force: true });
  }
  const release = () => {
    process.removeListener('exit', release);
    if (readHolder(file)?.pid === process.pid) rmSync(file, { force: true });
  };
  process.once('exit', release);
  return release;
}

/** Hard links are made or refused in one piece, content included. */
function tryLink(draft, file) {
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

/** Two that find the same stale lock must not remove each other's new one: only one at a time may remove. */
function takeOver(file, boot) {
  const guard = `${file}.takeover`;
  try {
    writeFileSync(guard, '', { flag: 'wx' });
  } catch {
    const age = Date.now() - (statSync(guard, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (age > TAKEOVER_MAX_MS) rmSync(guard, { force: true });
    return;
  }
  try {
    if (isStale(readHolder(file), { boot, startOf })) rmSync(file, { force: true });
  } finally {
    rmSync(guard, { force: true });
  }
}

function prepareFolder(folder) {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { uid } = lstatSync(folder);
  if (process.getuid && uid !== process.getuid()) {
    throw new SetupError(`${folder} belongs to another user`, { hint: ['Remove it, then run this again.'] });
  }
}

/** @returns {Holder | undefined} */
function readHolder(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

function bootId() {
  const file = '/proc/sys/kernel/random/boot_id';
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
}

/** @returns {string | undefined} undefined when no such process lives */
function startOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return existsSync('/proc/self/stat') ? undefined : aliveWithoutProc(pid);
  }
}

function aliveWithoutProc(pid) {
  try {
    process.kill(pid, 0);
    return 'alive';
  } catch (error) {
    return error.code === 'EPERM' ? 'alive' : undefined;
  }
}
