import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Where system programs live; a user's PATH often lacks the second half. */
export const SYSTEM_PATH = [process.env.PATH, '/usr/local/sbin', '/usr/sbin', '/sbin']
  .filter(Boolean)
  .join(delimiter);

/**
 * @param {string} text of /etc/os-release
 * @returns {Record<string, string>}
 */
export function parseOsRelease(text) {
  const entries = text.matchAll(/^([A-Z0-9_]+)=(?:"([^"]*)"|'([^']*)'|(.*))$/gm);
  return Object.fromEntries(
    [...entries].map(([, key, double, single, bare]) => [key, double ?? single ?? bare]),
  );
}

/**
 * Whether this is a system whose packages set-up knows by name.
 * @param {Record<string, string>} osRelease
 */
export function isDebianOrUbuntu({ ID = '', ID_LIKE = '' }) {
  return [ID, ...ID_LIKE.split(' ')].some((id) => id === 'debian' || id === 'ubuntu');
}

/** @returns {Record<string, string>} empty where the file does not exist */
export function osRelease() {
  try {
    return parseOsRelease(readFileSync('/etc/os-release', 'utf8'));
  } catch {
    return {};
  }
}

export const isRoot = () => process.getuid?.() === 0;

/** The documented test of systemd itself (sd_booted): `systemctl` may be installed where it rules nothing. */
export const systemdRuns = () => existsSync('/run/systemd/system');

/**
 * @param {string} program
 * @param {string} [path]
 * @returns {string | undefined}
 */
export function findProgram(program, path = SYSTEM_PATH) {
  return path
    .split(delimiter)
    .map((folder) => join(folder, program))
    .find((file) => existsSync(file));
}

/**
 * The process of this id if it is alive and runs the named program; ids are used again.
 * @param {number} pid
 * @param {string} name
 */
export function isProcess(pid, name) {
  return processName(pid) === name;
}

function processName(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const end = stat.lastIndexOf(')');
    const isZombie = stat.slice(end + 2, end + 3) === 'Z';
    return isZombie ? undefined : stat.slice(stat.indexOf('(') + 1, end);
  } catch {
    return undefined;
  }
}
