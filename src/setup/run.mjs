import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/** Programs that run now, so that Ctrl-C can end them; see `interrupt.mjs`. */
const running = new Set();

let refusing = false;

/** From here on nothing is started any more: the answer to a failure may be another attempt. */
export function refuseNewPrograms() {
  refusing = true;
}

/** Whether set-up is being ended by a signal. */
export const isEnding = () => refusing;

/** How much of a program's output is kept for an error message. */
const KEPT_OUTPUT = 64 * 1024;

/** A program that did not end with 0. */
class RunError extends Error {
  /** @param {string} program @param {string} outcome @param {string} output */
  constructor(program, outcome, output) {
    super(`${program} ${outcome}`);
    this.name = 'RunError';
    this.output = output;
  }
}

/**
 * Runs a program to its end and gives its output; throws a `RunError` when it fails.
 *
 * Each runs in a session of its own, so that the terminal's Ctrl-C reaches set-up alone, which then
 * decides what to tell whom: dpkg in the middle of unpacking must not be cut off (`gentle`).
 * @param {string} program
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, gentle?: boolean }} [options]
 * @returns {Promise<string>}
 */
export function run(program, args, { cwd, env, gentle = false } = {}) {
  return new Promise((resolve, reject) => {
    if (refusing) return reject(new RunError(program, 'was not started: set-up is ending', ''));
    const child = spawn(program, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    const entry = { child, gentle };
    running.add(entry);
    let output = '';
    const keep = (chunk) => (output = (output + chunk).slice(-KEPT_OUTPUT));
    child.stdout.setEncoding('utf8').on('data', keep);
    child.stderr.setEncoding('utf8').on('data', keep);
    child.once('error', (error) => {
      running.delete(entry);
      reject(new RunError(program, error.code === 'ENOENT' ? 'is not installed' : error.message, output));
    });
    child.once('close', (code, signal) => {
      running.delete(entry);
      if (code === 0) resolve(output);
      else reject(new RunError(program, signal ? `was ended by ${signal}` : `ended with ${code}`, output));
    });
  });
}

/**
 * Tells every running program to end. A gentle one gets the signal itself and not its children: apt-get
 * stops downloads at once but lets dpkg finish.
 * @param {string | 0} signal 0 only asks how many are left
 * @param {{ gentleToo?: boolean }} [options]
 * @returns {number} how many are running
 */
export function signalRunning(signal, { gentleToo = true } = {}) {
  for (const { child, gentle } of running) {
    if (child.pid === undefined || (gentle && !gentleToo)) continue;
    try {
      process.kill(gentle ? child.pid : -child.pid, signal);
    } catch {
      // It ended between the look and the signal.
    }
  }
  return running.size;
}

/**
 * Runs a program in the foreground and gives its exit code; signals that reach this process are handed on.
 *
 * In a session of its own, so that Ctrl-C reaches it once, through here, and not a second time from the
 * terminal: the second one usually means "at once".
 * @param {string} program
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} [options]
 * @returns {Promise<number>}
 */
export function runInForeground(program, args, { cwd, env } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env, detached: true, stdio: ['ignore', 'inherit', 'inherit'] });
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR2'];
    const handOn = (signal) => child.kill(signal);
    for (const signal of signals) process.on(signal, handOn);
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      for (const name of signals) process.removeListener(name, handOn);
      resolve(code ?? 128 + constants.signals[signal]);
    });
  });
}

/**
 * The last lines of a program's output that say something.
 * @param {string} output
 * @param {number} [count]
 * @returns {string[]}
 */
export function lastLines(output, count = 8) {
  const lines = output.split(/[\r\n]+/).filter((line) => line.trim() !== '');
  return lines.slice(-count);
}
