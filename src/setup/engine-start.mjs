import { spawn } from 'node:child_process';
import { mkdirSync, openSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { ping } from './docker-api.mjs';
import { DEFAULT_SOCKET } from './engine-find.mjs';
import { SYSTEM_PATH, isProcess, systemdRuns } from './host.mjs';
import { isEnding, lastLines, run } from './run.mjs';
import { SetupError } from './report.mjs';

const ENGINE_LOG = '/var/log/faaso/dockerd.log';
const PID_FILE = '/var/run/docker.pid';
const CONTAINERD_PID_FILE = '/var/run/docker/containerd/containerd.pid';
const LARGE_LOG = 10 * 1024 * 1024;
const START_TIMEOUT_MS = 60_000;

/**
 * The process that a pid file names, if it is alive and is the program it should be.
 * @param {string} file
 * @param {string} program
 * @returns {number | undefined}
 */
export function pidOf(file, program) {
  try {
    const pid = Number.parseInt(readFileSync(file, 'utf8'), 10);
    return isProcess(pid, program) ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** The engine that holds this machine's usual socket, whether or not it answers. */
export const runningEngine = () => pidOf(PID_FILE, 'dockerd');

/**
 * Waits until an engine answers at the usual socket.
 * @param {number} timeoutMs
 * @param {() => boolean} [hasEnded] looked at so that nobody waits for an engine that is gone
 */
export async function waitForEngine(timeoutMs, hasEnded = () => false) {
  const deadline = performance.now() + timeoutMs;
  while (performance.now() < deadline && !hasEnded()) {
    if ((await ping(DEFAULT_SOCKET, 1000)) === 'answers') return true;
    await sleep(100);
  }
  return false;
}

/**
 * Starts the installed engine and waits until it answers.
 * @param {string[]} flags
 */
export async function startEngine(flags) {
  if (systemdRuns()) return startWithSystemd();
  await repairLeftovers();
  if (await tryStart(flags)) return;
  // An engine that was killed hard may leave a containerd that takes longer to go than anyone can foresee.
  await repairLeftovers();
  if (await tryStart(flags)) return;
  throw new SetupError('the engine was started but does not answer', {
    details: lastLines(readFileSync(ENGINE_LOG, 'utf8')),
    hint: [`All of its log: ${ENGINE_LOG}`],
  });
}

/**
 * Removes what an engine that was ended hard leaves behind and what stops the next one: a pid file that
 * names another process by now, a socket nobody listens on, a containerd that lost its engine.
 */
async function repairLeftovers() {
  await endOrphanedContainerd();
  if (runningEngine() !== undefined) return;
  rmSync(PID_FILE, { force: true });
  if ((await ping(DEFAULT_SOCKET, 1000)) === 'dead') rmSync(DEFAULT_SOCKET, { force: true });
  if (pidOf(CONTAINERD_PID_FILE, 'containerd') === undefined) rmSync(CONTAINERD_PID_FILE, { force: true });
}

/**
 * An engine that starts while its predecessor's containerd goes away talks to that one and hangs for ever.
 * Containers have shims of their own, so ending containerd does not end them.
 */
async function endOrphanedContainerd() {
  const patience = [
    [10_000, 'SIGTERM'],
    [5000, 'SIGKILL'],
    [5000, undefined],
  ];
  for (const [waitMs, signal] of patience) {
    const deadline = performance.now() + waitMs;
    while (performance.now() < deadline) {
      if (pidOf(CONTAINERD_PID_FILE, 'containerd') === undefined) return;
      await sleep(100);
    }
    const pid = pidOf(CONTAINERD_PID_FILE, 'containerd');
    if (pid !== undefined && signal) process.kill(pid, signal);
  }
}

/** @param {string[]} flags */
async function tryStart(flags) {
  if (isEnding()) throw new SetupError('set-up is ending');
  const log = openLog();
  const child = spawn('dockerd', flags, {
    cwd: '/',
    env: engineEnv(process.env),
    // A session of its own: neither Ctrl-C nor the end of this terminal may stop everybody's containers.
    detached: true,
    stdio: ['ignore', log, log],
  });
  let ended = false;
  child.once('error', () => (ended = true)).once('exit', () => (ended = true));
  const answers = await waitForEngine(START_TIMEOUT_MS, () => ended);
  child.unref();
  if (!answers && !ended) child.kill('SIGTERM');
  return answers;
}

async function startWithSystemd() {
  try {
    await run('systemctl', ['start', 'docker']);
  } catch (error) {
    throw new SetupError('systemd could not start the engine', {
      details: lastLines(error.output),
      hint: ['Its log: journalctl -u docker -n 50'],
      cause: error,
    });
  }
  if (await waitForEngine(START_TIMEOUT_MS)) return;
  throw new SetupError('systemd started the engine but it does not answer', {
    hint: ['Its log: journalctl -u docker -n 50'],
  });
}

/**
 * What the engine may see of the environment: npm's variables and a shell's have no business in it, but
 * proxies and certificates decide whether it reaches a registry.
 * @param {NodeJS.ProcessEnv} env
 * @returns {NodeJS.ProcessEnv}
 */
export function engineEnv(env) {
  const passed = /^(https?_proxy|no_proxy|all_proxy|SSL_CERT_(FILE|DIR)|HOME|TMPDIR|LANG)$/i;
  const kept = Object.entries(env).filter(([name]) => passed.test(name));
  return { ...Object.fromEntries(kept), PATH: SYSTEM_PATH };
}

function openLog() {
  mkdirSync('/var/log/faaso', { recursive: true, mode: 0o755 });
  const size = statSync(ENGINE_LOG, { throwIfNoEntry: false })?.size ?? 0;
  if (size > LARGE_LOG) renameSync(ENGINE_LOG, `${ENGINE_LOG}.1`);
  return openSync(ENGINE_LOG, 'a');
}
