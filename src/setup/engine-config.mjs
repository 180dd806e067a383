import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { isDeepStrictEqual } from 'node:util';

const DAEMON_JSON = '/etc/docker/daemon.json';

/**
 * What an engine of ours is told. With live-restore functions outlive a restart of the engine; without the
 * userland proxy the kernel forwards loopback ports, which is twice as fast and outlives the engine too.
 */
const OUR_SETTINGS = { 'live-restore': true, 'userland-proxy': false };

/**
 * The entry of gVisor, for tests. Its own network stack does not run on every kernel; the container keeps its
 * network namespace without it.
 * @param {string} path of the program
 */
const gvisor = (path) => ({
  runtimes: { runsc: { path, runtimeArgs: ['--platform=ptrace', '--network=host'] } },
});

/**
 * Whose a daemon.json is. It has no place for a mark of ours, so equal content is what makes it ours:
 * once somebody has added a key it is theirs.
 * @param {string | undefined} text
 * @returns {'absent' | 'ours' | 'foreign'}
 */
export function ownerOfDaemonJson(text) {
  if (text === undefined) return 'absent';
  try {
    const settings = JSON.parse(text);
    const withGvisor = { ...OUR_SETTINGS, ...gvisor(settings?.runtimes?.runsc?.path) };
    return [OUR_SETTINGS, withGvisor].some((ours) => isDeepStrictEqual(settings, ours)) ? 'ours' : 'foreign';
  } catch {
    return 'foreign';
  }
}

/**
 * What to do about settings for an engine that is about to be started. Only an engine that this run
 * installs gets ours; beside a foreign file they become flags, and only for keys which that file leaves
 * open, because dockerd refuses to start when both name one.
 * @param {{ text: string | undefined, installing: boolean }} found
 * @returns {{ write: boolean, flags: string[] }}
 */
export function decideSettings({ text, installing }) {
  const owner = ownerOfDaemonJson(text);
  if (!installing || owner === 'ours') return { write: false, flags: [] };
  if (owner === 'absent') return { write: true, flags: [] };
  const theirs = parsedOrEmpty(text);
  const open = Object.entries(OUR_SETTINGS).filter(([key]) => !(key in theirs));
  return { write: false, flags: open.map(([key, value]) => `--${key}=${value}`) };
}

/** @returns {string | undefined} */
export function readDaemonJson(file = DAEMON_JSON) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** Writes our settings where no file is; fails rather than replacing one that appeared meanwhile. */
export function writeDaemonJson(file = DAEMON_JSON) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(OUR_SETTINGS, null, 2)}\n`, { flag: 'wx' });
}

/**
 * Adds gVisor to a file that is ours, and to no other. An engine reads its file again at SIGHUP.
 * @param {string} path of the program
 */
export function addGvisor(path, file = DAEMON_JSON) {
  if (ownerOfDaemonJson(readDaemonJson(file)) !== 'ours') return;
  const temporary = `${file}.faaso`;
  writeFileSync(temporary, `${JSON.stringify({ ...OUR_SETTINGS, ...gvisor(path) }, null, 2)}\n`);
  renameSync(temporary, file);
}

function parsedOrEmpty(text) {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}
