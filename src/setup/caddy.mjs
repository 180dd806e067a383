import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { findProgram } from './host.mjs';
import { run } from './run.mjs';

/** What the tests and the bench run. */
export const CADDY_VERSION = 'v2.11.9';
/** As `src/router/caddy/version.ts` has it, which cannot be read before anything is installed. */
export const OLDEST = [2, 11, 8];

/**
 * Finds a Caddy for the tests of `router.kind: caddy`: a current one on the PATH, or one that is built where Go is on
 * this machine and kept in the user's cache. Without both those tests are skipped, which is said.
 * @param {{ working(name: string, text: string): void }} report
 * @returns {Promise<{ text: string, folder?: string }>} `folder`: what to put on the PATH
 */
export async function ensureCaddy(report) {
  const own = findProgram('caddy');
  if (own !== undefined && isNewEnough(await versionOf(own))) return { text: own, folder: dirname(own) };
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  const folder = join(cache, 'faaso', `caddy-${CADDY_VERSION}`);
  const program = join(folder, 'caddy');
  if (existsSync(program)) return { text: program, folder };
  if (findProgram('go') === undefined) return skipped('there is no current Caddy, and no Go to build one');
  report.working('caddy', `building ${CADDY_VERSION}, which takes some minutes once`);
  mkdirSync(folder, { recursive: true });
  const work = mkdtempSync(join(folder, 'build-'));
  try {
    await run('go', ['install', `github.com/caddyserver/caddy/v2/cmd/caddy@${CADDY_VERSION}`], {
      env: { ...process.env, GOBIN: work },
    });
    renameSync(join(work, 'caddy'), program);
    return { text: `built ${program}`, folder };
  } catch (error) {
    return skipped(`${CADDY_VERSION} cannot be built (${error.message})`);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** One that was made by `go install` says `unknown`, and tells of which modules it was made. */
async function versionOf(program) {
  const said = await run(program, ['version']).catch(() => '');
  if (/^v?\d/.test(said)) return said;
  const info = await run(program, ['build-info']).catch(() => '');
  return /github\.com\/caddyserver\/caddy\/v2[\s@]+(v\S+)/.exec(info)?.[1] ?? '';
}

/** @param {string} version as `v2.11.9 …`; what is unknown is not new enough */
export function isNewEnough(version) {
  const found = /^v?(\d+)\.(\d+)\.(\d+)/.exec(version)?.slice(1).map(Number) ?? [0, 0, 0];
  const at = OLDEST.findIndex((number, index) => number !== found[index]);
  return at === -1 || found[at] > OLDEST[at];
}

const skipped = (reason) => ({ text: `its tests are skipped: ${reason}` });
