import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { acquireLock, lockFile } from './lock.mjs';
import { SetupError, createReport, failureText, stepLine } from './report.mjs';
import { refuseNewPrograms, signalRunning } from './run.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];
/** Ending a download or a compiler takes moments; who takes longer hangs. */
const END_PATIENCE_MS = 4000;

/**
 * @template T
 * @typedef {(context: { root: string, report: ReturnType<typeof createReport> }) => Promise<T>} Steps
 */

/**
 * Runs steps, prints what went wrong, and ends cleanly on Ctrl-C. What runs after them (the server, the
 * tests) handles signals by itself.
 * @template T
 * @param {Steps<T>} steps
 * @returns {Promise<T>}
 */
export async function runSteps(steps) {
  const stopListening = endOnSignals();
  // Whoever read the output may have seen enough, as `head` does: the work goes on untold.
  process.stdout.on('error', () => {});
  try {
    checkNode(process.versions.node);
    return await steps({ root: ROOT, report: createReport() });
  } catch (error) {
    return await fail(error);
  } finally {
    stopListening();
  }
}

/**
 * Runs steps while no other set-up runs on this machine.
 * @template T
 * @param {Steps<T>} steps
 * @returns {Promise<T>}
 */
export function runAlone(steps) {
  return runSteps(async (context) => {
    const release = await acquireLock(lockFile(process.env), (pid) => {
      process.stdout.write(`${stepLine('set-up', `waiting for another one (process ${pid})`)}\n`);
    });
    try {
      return await steps(context);
    } finally {
      release();
    }
  });
}

/** @param {string} version */
export function checkNode(version) {
  const [major, minor] = version.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  throw new SetupError(`Node ${version} is too old: faaso needs 20.19 or later`, {
    hint: ['Install a current one: https://nodejs.org/en/download'],
  });
}

let interrupted = false;

async function fail(error) {
  // Programs that were told to end have failed by it; the handler of the signal says the last word.
  if (interrupted) await sleep(2 ** 31 - 1);
  process.stderr.write(`${failureText(error.step ?? 'set-up', error)}\n`);
  if (!(error instanceof SetupError)) process.stderr.write(`${error.stack}\n`);
  process.exit(1);
}

function endOnSignals() {
  const onSignal = (signal) => void endAll(signal);
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return () => SIGNALS.forEach((signal) => process.removeListener(signal, onSignal));
}

async function endAll(signal) {
  if (interrupted) return void signalRunning('SIGKILL', { gentleToo: false });
  interrupted = true;
  refuseNewPrograms();
  let left = signalRunning(signal === 'SIGHUP' ? 'SIGTERM' : signal);
  const deadline = performance.now() + END_PATIENCE_MS;
  if (left > 0) process.stderr.write('\nEnding what was started …\n');
  while (left > 0) {
    await sleep(50);
    left = performance.now() < deadline ? signalRunning(0) : signalRunning('SIGKILL', { gentleToo: false });
  }
  // One turn for what waits on them to remove its temporary files.
  await sleep(100);
  process.stderr.write('Stopped before everything was set up; the next run goes on from here.\n');
  process.exit(128 + constants.signals[signal]);
}
