import { execFile, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What a burst of requests gave; all of them were answered with 2xx. */
interface Burst {
  readonly requests: number;
  readonly seconds: number;
  /** Milliseconds that 99 of 100 requests took at most. */
  readonly p99: number;
}

/** Sends as many requests as `url` answers for `seconds`, over that many kept connections, from a process of its own. */
export type Hammer = (url: string, seconds: number, connections: number) => Promise<Burst>;

/** wrk where it is installed, as it takes the least CPU from what is measured; else autocannon. */
export function chooseHammer(): { readonly name: string; readonly hammer: Hammer } {
  const hasWrk = spawnSync('wrk', ['-v']).error === undefined;
  return hasWrk ? { name: 'wrk', hammer: wrk } : { name: 'autocannon', hammer: autocannon };
}

const MS = { us: 0.001, ms: 1, s: 1000, m: 60_000 } as const;

async function wrk(url: string, seconds: number, connections: number): Promise<Burst> {
  const { stdout } = await run('wrk', ['-t1', `-c${connections}`, `-d${seconds}s`, '--latency', url]);
  const [, requests, took, unit] = /(\d+) requests in ([\d.]+)(ms|s|m)/.exec(stdout) ?? [];
  const [, late, lateUnit] = /99%\s+([\d.]+)(us|ms|s|m)/.exec(stdout) ?? [];
  const failed = /Non-2xx|Socket errors/.exec(stdout);
  if (requests === undefined || unit === undefined || lateUnit === undefined || failed !== null)
    throw new Error(stdout);
  return {
    requests: Number(requests),
    seconds: (Number(took) * MS[unit as keyof typeof MS]) / 1000,
    p99: Number(late) * MS[lateUnit as keyof typeof MS],
  };
}

async function autocannon(url: string, seconds: number, connections: number): Promise<Burst> {
  const program = fileURLToPath(import.meta.resolve('autocannon'));
  const args = [program, '--json', '--no-progress', '-c', String(connections), '-d', String(seconds), url];
  const result = JSON.parse((await run(process.execPath, args)).stdout) as {
    readonly '2xx': number;
    readonly non2xx: number;
    readonly errors: number;
    readonly duration: number;
    readonly latency: { readonly p99: number };
  };
  if (result.non2xx + result.errors > 0)
    throw new Error(`${result.non2xx + result.errors} requests of ${url} failed`);
  return { requests: result['2xx'], seconds: result.duration, p99: result.latency.p99 };
}
