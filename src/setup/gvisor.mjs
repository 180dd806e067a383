import { setTimeout as sleep } from 'node:timers/promises';
import { aptInstall } from './apt.mjs';
import { runtimeNames } from './docker-api.mjs';
import { addGvisor, ownerOfDaemonJson, readDaemonJson } from './engine-config.mjs';
import { DEFAULT_SOCKET } from './engine-find.mjs';
import { runningEngine } from './engine-start.mjs';
import { findProgram, isDebianOrUbuntu, isRoot, osRelease } from './host.mjs';

const RELOAD_MS = 10_000;

/**
 * Gives an engine that set-up installed the gVisor runtime, for the tests of `isolation: gvisor`. Anybody else's
 * engine is left as it is, and what it lacks is said: those tests are then skipped.
 * @param {string} socket of the engine
 * @param {{ working(name: string, text: string): void }} report
 * @returns {Promise<{ text: string }>}
 */
export async function ensureGvisor(socket, report) {
  if ((await runtimeNames(socket)).includes('runsc')) return { text: 'a runtime of this engine' };
  const reason = whyNot({
    ours: socket === DEFAULT_SOCKET && ownerOfDaemonJson(readDaemonJson()) === 'ours',
    mayInstall: isRoot() && (findProgram('runsc') !== undefined || isDebianOrUbuntu(osRelease())),
  });
  if (reason) return skipped(reason);
  report.working('gvisor', 'installing');
  try {
    if (findProgram('runsc') === undefined) await aptInstall(['runsc']);
  } catch (error) {
    return skipped(error.message);
  }
  addGvisor(findProgram('runsc'));
  const pid = runningEngine();
  if (pid !== undefined) process.kill(pid, 'SIGHUP');
  const deadline = performance.now() + RELOAD_MS;
  while (performance.now() < deadline) {
    if ((await runtimeNames(socket)).includes('runsc'))
      return { text: 'installed, and a runtime of this engine' };
    await sleep(100);
  }
  return skipped('the engine has not read its settings again');
}

/**
 * Why this engine does not get gVisor; `undefined` when it does.
 * @param {{ ours: boolean, mayInstall: boolean }} found
 */
export function whyNot({ ours, mayInstall }) {
  if (!ours) return 'this engine is not one that faaso set up';
  return mayInstall ? undefined : 'only root may install it';
}

const skipped = (reason) => ({ text: `its tests are skipped: ${reason}` });
