import { spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';

import { FaasoError } from '../../core/errors.ts';
import type { FailureHook } from '../../core/specs.ts';
import type { HookEvent } from './event.ts';

/** Kept of what a program writes on stderr, for the message when it fails. */
const STDERR_CHARS = 2000;
const STDERR_LINES = 5;
/** What a program has written is read this long after its end: what it left running may hold its stderr. */
const STDERR_MS = 200;

export interface CallPlace {
  /** Where a program runs. */
  readonly root: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Tells one event, once. Rejects with `hook-failed`, or at an abort with its reason. */
export async function callHook(
  hook: FailureHook,
  event: HookEvent,
  place: CallPlace,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  const body = `${JSON.stringify(event)}\n`;
  if (hook.kind === 'url') await post(hook, body, signal);
  else await runCommand(hook, event, body, place, signal);
}

async function runCommand(
  hook: Extract<FailureHook, { kind: 'command' }>,
  event: HookEvent,
  body: string,
  { root, env }: CallPlace,
  signal: AbortSignal,
): Promise<void> {
  const [program = '', ...args] = hook.argv;
  // A process group of its own, so that what it starts ends with it when it takes too long.
  const child = spawn(program, args, {
    cwd: root,
    env: { ...env, FAASO_EVENT: event.event },
    detached: true,
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-STDERR_CHARS);
  });
  const closed = new Promise((resolve) => child.once('close', resolve));
  // A program may end without reading what it is told.
  child.stdin.on('error', () => undefined);
  child.stdin.end(body);
  const killAll = (): void => {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  };
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    killAll();
  }, hook.timeoutMs);
  signal.addEventListener('abort', killAll, { once: true });
  try {
    const how = await new Promise<string | undefined>((resolve) => {
      child.once('error', (error) => resolve(`cannot be started (${error.message})`));
      child.once('exit', (code, killed) =>
        resolve(code === 0 ? undefined : `ended with ${killed ?? `exit code ${String(code)}`}`),
      );
    });
    signal.throwIfAborted();
    if (how !== undefined) await Promise.race([closed, delay(STDERR_MS)]);
    if (late) throw failed(program, `did not end within ${hook.timeoutMs / 1000} s`, lastLines(stderr));
    if (how !== undefined) throw failed(program, how, lastLines(stderr));
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', killAll);
    child.stderr.destroy();
  }
}

async function post(
  { url, timeoutMs }: Extract<FailureHook, { kind: 'url' }>,
  body: string,
  signal: AbortSignal,
): Promise<void> {
  const target = new URL(url);
  // The rest of a URL may be a key, as in those of chat services.
  const shown = target.origin;
  const headers: Record<string, string> = { 'content-type': 'application/json', 'user-agent': 'faaso' };
  if (target.username !== '' || target.password !== '') {
    const credentials = `${decodeURIComponent(target.username)}:${decodeURIComponent(target.password)}`;
    headers['authorization'] = `Basic ${Buffer.from(credentials).toString('base64')}`;
    target.username = '';
    target.password = '';
  }
  const late = AbortSignal.timeout(timeoutMs);
  const response = await fetch(target, {
    method: 'POST',
    headers,
    body,
    // Where it leads to is not what was written in functions.yml.
    redirect: 'manual',
    signal: AbortSignal.any([late, signal]),
  }).catch((error: unknown) => {
    signal.throwIfAborted();
    throw failed(shown, late.aborted ? `did not answer within ${timeoutMs / 1000} s` : unanswered(error), []);
  });
  await response.body?.cancel().catch(() => undefined);
  if (!response.ok) {
    const redirect =
      response.status >= 300 && response.status < 400 ? ', and redirects are not followed' : '';
    throw failed(shown, `answered with ${response.status}${redirect}`, []);
  }
}

/** The error of `fetch` says why only in its cause. */
function unanswered(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  return `did not answer (${code === '' ? String(cause) : code})`;
}

function lastLines(text: string): readonly string[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .slice(-STDERR_LINES);
}

function failed(who: string, how: string, details: readonly string[]): FaasoError {
  return new FaasoError('hook-failed', `on_failure: ${who} ${how}`, {
    details,
    hint: 'the next event that gets through counts this one as dropped',
  });
}
