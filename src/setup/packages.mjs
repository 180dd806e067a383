import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { networkHint, unreachableHosts } from './network.mjs';
import { SetupError } from './report.mjs';
import { lastLines, run } from './run.mjs';

/** @typedef {{ packages?: Record<string, { version?: string, integrity?: string, link?: boolean,
 *   optional?: boolean, peer?: boolean }> }} LockFile */

/**
 * Whether what is installed is what the lock file names. npm writes down what it installed when it has
 * finished, so an installation that was cut off is never taken for a whole one. Optional packages are those
 * of other platforms.
 * @param {LockFile} lock package-lock.json
 * @param {LockFile | undefined} installed node_modules/.package-lock.json
 */
export function isInstalled(lock, installed) {
  if (!installed) return false;
  const wanted = withoutRoot(lock);
  const present = withoutRoot(installed);
  const isSame = ([path, entry]) => {
    const found = present.get(path);
    if (!found) return Boolean(entry.optional);
    return found.version === entry.version && (found.integrity ?? '') === (entry.integrity ?? '');
  };
  return [...wanted].every(isSame) && [...present.keys()].every((path) => wanted.has(path));
}

/**
 * Installs the packages of the lock file where they are missing or others.
 * @param {string} root
 * @param {ReturnType<typeof import('./report.mjs').createReport>} report
 */
export async function ensurePackages(root, report) {
  const lock = readJson(join(root, 'package-lock.json'));
  if (!lock) {
    throw new SetupError('package-lock.json is missing or not JSON', {
      hint: ['It is part of the repository: git checkout -- package-lock.json'],
    });
  }
  if (isInstalled(lock, installedIn(root))) return { text: 'up to date' };
  report.working('packages', 'installing');
  const isFirst = !existsSync(join(root, 'node_modules'));
  try {
    // Compiling needs development packages too, which NODE_ENV=production would leave out.
    const flags = ['--include=dev', '--no-audit', '--no-fund', '--no-progress', '--loglevel=error'];
    // npm's own patience is minutes before it says that there is no network.
    const patience = ['--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=5000'];
    await run('npm', ['ci', ...flags, ...patience], { cwd: root });
  } catch (error) {
    throw installFailure(error);
  }
  const count = withoutRoot(installedIn(root) ?? {}).size;
  return { text: `${count} installed${isFirst ? '' : ' anew: not those of package-lock.json'}` };
}

function installFailure(error) {
  const hosts = unreachableHosts(error.output ?? '');
  const message = hosts.length > 0 ? `npm could not reach ${hosts.join(', ')}` : error.message;
  return new SetupError(message, {
    details: hosts.length > 0 ? [] : npmProblem(error.output ?? ''),
    hint:
      hosts.length > 0
        ? [networkHint('https_proxy', process.env), "npm's registry: npm config get registry"]
        : ['Try it by hand, then run this again:', '  npm ci'],
    cause: error,
  });
}

/** npm says what is wrong first and then how it is used, at length. */
function npmProblem(output) {
  const lines = output
    .split('\n')
    .filter((line) => /^npm (error|ERR!)./.test(line) && !/ code | log of /.test(line));
  return lines.length > 0
    ? lines.slice(0, 6).map((line) => line.replace(/^npm \S+ /, ''))
    : lastLines(output);
}

const installedIn = (root) => readJson(join(root, 'node_modules/.package-lock.json'));

function withoutRoot({ packages = {} }) {
  return new Map(Object.entries(packages).filter(([path]) => path !== ''));
}

/** @returns {LockFile | undefined} */
function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
