import { execFile, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const CONNECTIONS = 32;

/** What a burst of requests gave; all of them were answered with 2xx. */
interface Burst {
  readonly requests: number;
  readonly seconds: number;
}

/** Sends as many requests as `url` answers for `seconds`, over kept connections, from a process of its own. */
export type Hammer = (url: string, seconds: number) => Promise<Burst>;

/** wrk where it is installed, as it takes the least CPU from what is measured; else autocannon. */
export function chooseHammer(): { readonly name: string; readonly hammer: Hammer } {
  const hasWrk = spawnSync('wrk', ['-v']).error === undefined;
  return hasWrk ? { name: 'wrk', hammer: wrk } : { name: 'autocannon', hammer: autocannon };
}

async function wrk(url: string, seconds: number): Promise<Burst> {
  const { stdout } = await run('wrk', ['-t1', `-c${CONNECTIONS}`, `-d${seconds}s`, url]);
  const [, requests, took, unit] = /(\d+) requests in ([\d.]+)(ms|s|m)/.exec(stdout) ?? [];
  const failed = /Non-2xx|Socket errors/.exec(stdout);
  if (requests === undefined || unit === undefined || failed !== null) throw new Error(stdout);
  return {
    requests: Number(requests),
    seconds: Number(took) * { ms: 0.001, s: 1, m: 60 }[unit as 'ms' | 's' | 'm'],
  };
}

async function autocannon(url: string, seconds: number): Promise<Burst> {
  const program = fileURLToPath(import.meta.resolve('autocannon'));
  const args = [program, '--json', '--no-progress', '-c', String(CONNECTIONS), '-d', String(seconds), url];
  const result = JSON.parse((await run(process.execPath, args)).stdout) as {
    readonly '2xx': number;
    readonly non2xx: number;
    readonly errors: number;
    readonly duration: number;
  };
  if (result.non2xx + result.errors > 0)
    throw new Error(`${result.non2xx + result.errors} requests of ${url} failed`);
  return { requests: result['2xx'], seconds: result.duration };
}
