import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { onTestFinished } from 'vitest';

import { until } from './until.ts';

/** From util-linux. */
const PSEUDO_TERMINAL = 'script';
const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** `faaso shell …` on a pseudo-terminal, with someone who types. `stty` before and after shows what it leaves behind. */
export class Typist {
  shown = '';
  readonly ended: Promise<void>;
  readonly #child;

  constructor(cwd: string, line: string) {
    const faaso = `'${process.execPath}' '${MAIN}'`;
    const script = `stty -a > before; ${line.replaceAll('faaso', faaso)}; echo "ended with $?"; stty -a > after`;
    this.#child = spawn(PSEUDO_TERMINAL, ['-qfec', script, '/dev/null'], {
      cwd,
      env: { ...process.env, TERM: 'xterm', NO_COLOR: '1' },
    });
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => (this.shown += text));
    onTestFinished(() => void this.#child.kill('SIGKILL'));
    this.ended = new Promise((resolve) => this.#child.once('close', () => resolve()));
  }

  type(text: string): void {
    this.#child.stdin.write(text);
  }

  async sees(pattern: RegExp): Promise<void> {
    await until(`${String(pattern)} on the terminal`, async () => pattern.test(this.shown)).catch(
      (cause: unknown) => {
        throw new Error(`not on the terminal: ${String(pattern)}\n${this.shown}`, { cause });
      },
    );
  }
}
