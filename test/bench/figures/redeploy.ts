import type { Figure, Row } from '../figure.ts';
import type { Bench } from '../support/bench.ts';
import { answering } from '../support/many.ts';
import { median } from '../support/stats.ts';
import type { Load } from '../../support/load.ts';
import { startLoad } from '../../support/load.ts';
import type { TestProject } from '../../support/project.ts';
import { until } from '../../support/until.ts';

const PER_SECOND = 200;
const REDEPLOYS = 20;
/** For how long answers are looked at after each "deployed". */
const LOOK_MS = 250;

const METADATA = { test: [{ name: 'answers', request: { path: '/' }, expect: { status: 200 } }] };
const BAD_VERSIONS = [
  { does: 'crashes', times: 5, handler: 'process.exit(3);\n' },
  { does: 'fails its test', times: 5, handler: 'export default () => ({ statusCode: 418 });\n' },
  // Once, as it takes the whole deploy timeout.
  { does: 'hangs', times: 1, handler: 'await new Promise((resolve) => setTimeout(resolve, 3_600_000));\n' },
] as const;

/** Requests that a redeploy loses, of a good version and of bad ones. */
export const redeploy: Figure = {
  name: 'redeploy',
  about: `${REDEPLOYS} redeploys under ${PER_SECOND} requests/s, half of it on kept connections; then bad versions`,
  run: async (bench) => {
    const project = bench.project({ routes: { '/f': 'f' } });
    project.node('f', answering('v0'), METADATA);
    await project.deploy();
    return [...(await goodVersions(bench, project)), ...(await badVersions(bench, project))];
  },
};

async function goodVersions(bench: Bench, project: TestProject): Promise<Row[]> {
  const load = loadOn(bench, project, (text) => /^v\d+$/.test(text));
  const took: number[] = [];
  let stale = 0;
  for (let version = 1; version <= REDEPLOYS; version += 1) {
    project.node('f', answering(`v${version}`), METADATA);
    took.push((await project.deploy()).durationMs);
    const deployedAt = performance.now();
    await until('answers after it', () => load.answered.some(({ sentAt }) => sentAt > deployedAt + LOOK_MS));
    const after = load.answered.filter(({ sentAt }) => sentAt > deployedAt);
    stale += after.filter(({ text }) => text !== `v${version}`).length;
  }
  const { answered, lost } = await load.stop();
  for (const what of new Set(lost)) bench.note(`lost: ${what}`);
  return [
    { name: 'requests', value: answered.length + lost.length, unit: '' },
    { name: `lost over ${REDEPLOYS} redeploys`, value: lost.length, unit: '', goal: 0 },
    { name: 'answers of the old version after "deployed"', value: stale, unit: '', goal: 0 },
    { name: 'one redeploy, median', value: median(took), unit: 'ms' },
  ];
}

/** Every answer has to be the last good version's. */
async function badVersions(bench: Bench, project: TestProject): Promise<Row[]> {
  const rows: Row[] = [];
  for (const { does, times, handler } of BAD_VERSIONS) {
    bench.note(`a version that ${does}`);
    const load = loadOn(bench, project, (text) => text === `v${REDEPLOYS}`);
    for (let time = 1; time <= times; time += 1) {
      project.node('f', `// ${time}\n${handler}`, METADATA);
      const { code } = await project.apply();
      if (code !== 3) throw new Error(`apply of a version that ${does} ended with ${String(code)}`);
    }
    const { answered, lost } = await load.stop();
    for (const what of new Set(lost)) bench.note(`lost: ${what}`);
    const all = answered.length + lost.length;
    rows.push({ name: `lost of ${all} while a version ${does}`, value: lost.length, unit: '', goal: 0 });
  }
  return rows;
}

function loadOn(bench: Bench, project: TestProject, isRight: (text: string) => boolean): Load {
  const load = startLoad({ url: `${project.url}/f`, rate: PER_SECOND, isRight });
  bench.after(async () => void (await load.stop()));
  return load;
}
