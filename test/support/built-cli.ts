import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The compiled command. `npm test` compiles it first; on its own: `npm run build`. */
const builtCli = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** A line for standard input, on a terminal: through a pipe. */
  readonly input?: string;
  /** Options of node itself, in front of the command. */
  readonly node?: readonly string[];
}

/** Runs the built CLI with pipes until it ends. */
export function faaso(argv: readonly string[], options: RunOptions): Promise<Ended> {
  if (!existsSync(builtCli)) throw new Error(`${builtCli} is missing: run "npm run build" first`);
  return runToEnd(process.execPath, [...(options.node ?? []), builtCli, ...argv], options);
}

/** Runs a line of shell with the built CLI as `faaso`. */
export function faasoInShell(line: string, options: RunOptions): Promise<Ended> {
  const define = `faaso() { '${process.execPath}' '${builtCli}' "$@"; }`;
  return runToEnd('bash', ['-c', `set -o pipefail; ${define}; ${line}`], options);
}

/** Runs the built CLI on a pseudo-terminal; both streams arrive on stdout, as a person sees them. */
export function faasoOnTerminal(argv: readonly string[], options: RunOptions): Promise<Ended> {
  const words = [process.execPath, builtCli, ...argv].map((word) => `'${word.replaceAll("'", `'\\''`)}'`);
  const feed = options.input === undefined ? '' : `echo '${options.input}' | `;
  return runToEnd('script', ['-qec', `${feed}${words.join(' ')}`, '/dev/null'], options);
}

function runToEnd(command: string, argv: readonly string[], options: RunOptions): Promise<Ended> {
  return new Promise((resolve, reject) => {
    // Nothing of the test's own environment but what finding programs and the engine takes.
    const { PATH = '', HOME = '', DOCKER_HOST, XDG_RUNTIME_DIR } = process.env;
    const child = spawn(command, [...argv], {
      cwd: options.cwd,
      env: {
        PATH,
        HOME,
        TERM: 'xterm',
        ...(DOCKER_HOST === undefined ? {} : { DOCKER_HOST }),
        ...(XDG_RUNTIME_DIR === undefined ? {} : { XDG_RUNTIME_DIR }),
        ...options.env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 30_000,
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}
