import type { Row } from '../figure.ts';
import { Skipped } from '../figure.ts';
import type { Bench } from './bench.ts';
import { startCaddy } from './caddy.ts';
import { chooseHammer } from './hammer.ts';
import { startNginx } from './nginx.ts';
import { cpuSeconds } from './proc.ts';
import { median } from './stats.ts';

const ROUNDS = 5;
const SECONDS = 3;

/** A way to the same function. */
interface Way {
  readonly name: string;
  readonly url: string;
  /** The process between; absent on the direct way. */
  readonly pid?: number;
}

interface Measured {
  readonly perSecond: number[];
  /** CPU of the process between, in µs a request. */
  readonly cpu: number[];
  /** Milliseconds. */
  readonly p99: number[];
}

/** faaso's way to what listens on `port`, beside the direct one and those of Caddy and nginx, in turn. */
export async function compareWays(
  bench: Bench,
  port: number,
  faaso: { readonly url: string; readonly pid: number },
  connections: readonly number[],
): Promise<Row[]> {
  const others = [
    { name: 'Caddy', start: startCaddy },
    { name: 'nginx', start: startNginx },
  ];
  const ways: Way[] = [
    { name: 'direct', url: `http://127.0.0.1:${port}/` },
    { name: 'faaso', url: `${faaso.url}/`, pid: faaso.pid },
  ];
  for (const { name, start } of others) {
    try {
      const { url, pid } = await start(bench, port);
      ways.push({ name, url: `${url}/`, pid });
    } catch (error) {
      if (!(error instanceof Skipped)) throw error;
      bench.note(`skipped: ${error.message}`);
    }
  }
  const rows: Row[] = [];
  for (const count of connections) rows.push(...(await compare(bench, ways, count)));
  return rows;
}

async function compare(bench: Bench, ways: readonly Way[], connections: number): Promise<Row[]> {
  const { name: hammerName, hammer } = chooseHammer();
  bench.note(`${connections} connections, ${ROUNDS} × ${SECONDS} s each in turn, by ${hammerName}`);
  const results = new Map(ways.map(({ name }) => [name, { perSecond: [], cpu: [], p99: [] } as Measured]));
  for (const { url } of ways) await hammer(url, 1, connections);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const { name, url, pid } of ways) {
      const before = pid === undefined ? 0 : cpuSeconds(pid);
      const { requests, seconds, p99 } = await hammer(url, SECONDS, connections);
      results.get(name)?.perSecond.push(requests / seconds);
      results.get(name)?.p99.push(p99);
      if (pid !== undefined) results.get(name)?.cpu.push(((cpuSeconds(pid) - before) / requests) * 1e6);
    }
  }
  return rowsOf(results, connections);
}

function rowsOf(results: ReadonlyMap<string, Measured>, connections: number): Row[] {
  const of = (name: string, key: keyof Measured): number => median(results.get(name)?.[key] ?? []);
  const at = `, ${connections}`;
  const rows: Row[] = [...results.keys()].flatMap((name): Row[] => [
    { name: `${name}${at}`, value: of(name, 'perSecond'), unit: 'requests/s' },
    { name: `  p99${at}`, value: of(name, 'p99'), unit: 'ms' },
    ...(name === 'direct'
      ? []
      : [{ name: `  CPU a request${at}`, value: of(name, 'cpu'), unit: 'µs' } as Row]),
  ]);
  const by = (name: string, key: keyof Measured): number => of(name, key) / of('faaso', key);
  if (results.has('Caddy')) {
    rows.push(
      {
        name: `Caddy's requests/s by faaso's${at}`,
        value: by('Caddy', 'perSecond'),
        unit: '×',
        goal: 1 / 1.5,
      },
      { name: `faaso's CPU a request by Caddy's${at}`, value: 1 / by('Caddy', 'cpu'), unit: '×', goal: 0.6 },
      { name: `faaso's p99 by Caddy's${at}`, value: 1 / by('Caddy', 'p99'), unit: '×', goal: 1 },
    );
  }
  if (results.has('nginx'))
    rows.push({
      name: `nginx's requests/s by faaso's${at}`,
      value: by('nginx', 'perSecond'),
      unit: '×',
      goal: 1 / 0.45,
    });
  return rows;
}
