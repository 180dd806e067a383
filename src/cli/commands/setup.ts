import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

import { FaasoError } from '../../core/errors.ts';
import { printData } from '../render/print.ts';
import type { Io } from '../io.ts';
import type { Call } from '../verb.ts';
import type { SetupJson } from '../answers.ts';

/** A program of its own: what `npm start` begins with, too. The same relative path holds from `src` and from `dist`. */
const PROGRAM = fileURLToPath(new URL('../../../src/setup/setup.mjs', import.meta.url));

/** What the program says of a failure. */
interface Failure {
  readonly error: {
    readonly message: string;
    readonly details: readonly string[];
    readonly hint: readonly string[];
  };
}

/** `faaso setup` */
export async function run(call: Call): Promise<number> {
  const { code, output } = await runProgram(call.io, call.json);
  const last = output.trim().split('\n').at(-1) ?? '';
  if (!last.startsWith('{')) return code;
  const answer = JSON.parse(last) as SetupJson | Failure;
  if (!('error' in answer)) {
    printData(call.io, answer);
    return 0;
  }
  const { message, details, hint } = answer.error;
  throw new FaasoError('setup-failed', message, { details, hint: hint.join('\n') });
}

/** In a session of its own, so that Ctrl-C reaches it once, through here: at a second one it kills what it started. */
async function runProgram(io: Io, json: boolean): Promise<{ code: number; output: string }> {
  const child = spawn(process.execPath, [PROGRAM, ...(json ? ['--json'] : [])], {
    detached: true,
    stdio: ['ignore', json ? 'pipe' : 'inherit', 'inherit'],
  });
  const release = io.onSignal(() => void child.kill('SIGINT'));
  try {
    const ended = new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code) => resolve(code ?? 130));
    });
    const output = child.stdout === null ? '' : await text(child.stdout);
    return { code: await ended, output };
  } finally {
    release();
  }
}
