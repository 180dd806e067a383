import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { until } from './until.ts';

/** The built command line, as a user runs it. */
const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

export interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly durationMs: number;
}

/** A `faaso …` that runs. */
export class Command {
  readonly child: ChildProcess;
  stdout = '';
  stderr = '';
  /** Resolves when it has ended and all that it wrote was read. */
  readonly ended: Promise<CommandResult>;

  /** `input`: what its standard input holds; absent: nothing. */
  constructor(args: readonly string[], cwd: string, env: NodeJS.ProcessEnv, input?: string | Uint8Array) {
    const began = performance.now();
    const stdin = input === undefined ? 'ignore' : 'pipe';
    this.child = spawn(process.execPath, [MAIN, ...args], { cwd, env, stdio: [stdin, 'pipe', 'pipe'] });
    // One that ends without reading it breaks the pipe.
    this.child.stdin?.on('error', () => undefined).end(input);
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.ended = new Promise((resolve, reject) => {
      this.child.once('error', reject);
      this.child.once('close', (code) => {
        const durationMs = performance.now() - began;
        resolve({ code, stdout: this.stdout, stderr: this.stderr, durationMs });
      });
    });
  }

  get pid(): number {
    if (this.child.pid === undefined) throw new Error('it did not start');
    return this.child.pid;
  }

  /** Both streams; their order among each other is not kept. */
  get output(): string {
    return this.stdout + this.stderr;
  }

  /** Resolves when the output (from `from` on) matches; rejects with the output so far when it ends before. */
  async shows(pattern: RegExp, ms = 30_000): Promise<this> {
    const over = this.ended.then(() => true);
    await until(
      `${String(pattern)} in the output`,
      async () => {
        if (pattern.test(this.output)) return true;
        if (await Promise.race([over, Promise.resolve(false)])) {
          if (pattern.test(this.output)) return true;
          throw new Error(`it ended: ${this.output}`);
        }
        return undefined;
      },
      ms,
    ).catch((cause: unknown) => {
      throw new Error(`not in the output within ${ms} ms: ${String(pattern)}\n${this.output}`, { cause });
    });
    return this;
  }

  /** The lines of `--json` so far. */
  get lines(): readonly Record<string, unknown>[] {
    return this.stdout
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  /** Ends it as Ctrl-C does, and waits. */
  async interrupt(): Promise<CommandResult> {
    this.child.kill('SIGINT');
    return await this.ended;
  }

  /** Ends it hard when it runs still, and waits. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended.catch(() => undefined);
  }
}
