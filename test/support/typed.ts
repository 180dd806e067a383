import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** Of util-linux: runs a command on a pseudo-terminal. */
const TERMINAL = 'script';

/** What is on the screen → what is typed then. */
type Answers = readonly (readonly [shown: string, typed: string])[];

export interface Typed {
  readonly code: number | null;
  /** All that went to the terminal. */
  readonly screen: string;
}

/**
 * Runs the built CLI on a pseudo-terminal of 80 columns. Each answer is typed once its question was shown, in their
 * order.
 */
export async function typeInto(argv: readonly string[], cwd: string, answers: Answers): Promise<Typed> {
  const words = [process.execPath, MAIN, ...argv].map((word) => `'${word.replaceAll("'", `'\\''`)}'`);
  const line = `stty cols 80 rows 24; exec ${words.join(' ')}`;
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(TERMINAL, ['-qec', line, '/dev/null'], {
    cwd,
    env: { PATH, HOME, TERM: 'xterm' },
    stdio: ['pipe', 'pipe', 'inherit'],
    timeout: 30_000,
  });
  let screen = '';
  let seen = 0;
  const left = [...answers];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    screen += text;
    const [shown, typed] = left[0] ?? [];
    const at = shown === undefined ? -1 : screen.indexOf(shown, seen);
    if (at === -1 || typed === undefined) return;
    left.shift();
    seen = at + 1;
    child.stdin.write(typed);
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (left.length > 0) throw new Error(`never asked: ${left.map(([shown]) => shown).join(', ')}\n${screen}`);
  return { code, screen };
}
