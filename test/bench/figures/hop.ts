import type { Figure, Row } from '../figure.ts';
import { Skipped } from '../figure.ts';
import type { Bench } from '../support/bench.ts';
import { startCaddy } from '../support/caddy.ts';
import type { Hammer } from '../support/hammer.ts';
import { chooseHammer } from '../support/hammer.ts';
import { cpuSeconds } from '../support/proc.ts';
import { median } from '../support/stats.ts';

const ROUNDS = 5;
const SECONDS = 3;
/** As an application that is a listener, so that little of the time is the function's own. */
const LISTENER = "export const app = (req, res) => res.end('hello');\n";

/** A way to the same container. */
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
}

/** What the router costs on the way to a function. */
export const hop: Figure = {
  name: 'hop',
  about: `the router's hop beside the container alone and Caddy, ${ROUNDS} × ${SECONDS} s each in turn`,
  run: async (bench) => {
    const project = bench.project({ routes: { '/': 'f' }, functions: { f: { limits: { cpus: 2 } } } });
    project.node('f', LISTENER);
    await project.deploy();
    const { port } = await project.row('f');
    const pid = project.routerPid;
    if (port === null || pid === undefined) throw new Error('the project does not serve');
    const ways: Way[] = [
      { name: 'direct', url: `http://127.0.0.1:${port}/` },
      { name: 'faaso', url: `${project.url}/`, pid },
      ...(await caddyWay(bench, port)),
    ];
    const { name: hammerName, hammer } = chooseHammer();
    bench.note(`requests by ${hammerName}`);
    return rowsOf(await measure(ways, hammer));
  },
};

async function caddyWay(bench: Bench, port: number): Promise<Way[]> {
  try {
    const { url, pid } = await startCaddy(bench, port);
    return [{ name: 'Caddy', url: `${url}/`, pid }];
  } catch (error) {
    if (!(error instanceof Skipped)) throw error;
    bench.note(`skipped: ${error.message}`);
    return [];
  }
}

async function measure(ways: readonly Way[], hammer: Hammer): Promise<Map<string, Measured>> {
  const results = new Map(ways.map(({ name }) => [name, { perSecond: [], cpu: [] } as Measured]));
  for (const { url } of ways) await hammer(url, 1);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const { name, url, pid } of ways) {
      const before = pid === undefined ? 0 : cpuSeconds(pid);
      const { requests, seconds } = await hammer(url, SECONDS);
      results.get(name)?.perSecond.push(requests / seconds);
      if (pid !== undefined) results.get(name)?.cpu.push(((cpuSeconds(pid) - before) / requests) * 1e6);
    }
  }
  return results;
}

function rowsOf(results: ReadonlyMap<string, Measured>): Row[] {
  const of = (name: string, key: keyof Measured): number => median(results.get(name)?.[key] ?? []);
  const rows: Row[] = [...results.keys()].map((name) => ({
    name,
    value: of(name, 'perSecond'),
    unit: 'requests/s',
  }));
  const faasoCpu = of('faaso', 'cpu');
  rows.push({ name: 'CPU a request, faaso', value: faasoCpu, unit: 'µs' });
  if (!results.has('Caddy')) return rows;
  return [
    ...rows,
    { name: 'CPU a request, Caddy', value: of('Caddy', 'cpu'), unit: 'µs' },
    { name: "CPU a request, by Caddy's", value: faasoCpu / of('Caddy', 'cpu'), unit: '×' },
    {
      name: "requests/s of Caddy, by faaso's",
      value: of('Caddy', 'perSecond') / of('faaso', 'perSecond'),
      unit: '×',
    },
  ];
}
