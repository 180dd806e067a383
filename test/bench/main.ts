/** `npm run bench [-- NAME… --json]`: figures of this machine, measured in one run, beside their goals. */
import { spawnSync } from 'node:child_process';
import { cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { extremes } from './figures/extremes.ts';
import { fifty } from './figures/fifty.ts';
import { help } from './figures/help.ts';
import { hop } from './figures/hop.ts';
import { memory } from './figures/memory.ts';
import { redeploy } from './figures/redeploy.ts';
import { save } from './figures/save.ts';
import { start } from './figures/start.ts';
import { table } from './figures/table.ts';
import { userland } from './figures/userland.ts';
import type { Figure, Row } from './figure.ts';
import { ratioOf, Skipped, TOLERATED, verdictOf } from './figure.ts';
import { Bench } from './support/bench.ts';
import { tableHead, tableLines } from './table.ts';

const FIGURES: readonly Figure[] = [
  help,
  hop,
  userland,
  table,
  extremes,
  save,
  redeploy,
  start,
  memory,
  fifty,
];
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const { values, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: 'boolean' } } });
const json = values.json === true;
const say = (line: string): void => {
  if (!json) process.stdout.write(`${line}\n`);
};
const note = (line: string): void => void process.stderr.write(`    ${line}\n`);

const INTERRUPTED = new Error('interrupted');
/** Rejects at Ctrl-C: what is measured then is taken away, and nothing else begins. */
const interrupted = new Promise<never>((_resolve, reject) => {
  const stop = (): void => {
    note('interrupted: takes away what was made');
    reject(INTERRUPTED);
  };
  process.once('SIGINT', stop).once('SIGTERM', stop);
});
interrupted.catch(() => undefined);

const unknown = positionals.filter((name) => !FIGURES.some((figure) => figure.name === name));
if (unknown.length > 0) {
  const names = FIGURES.map((figure) => figure.name).join(', ');
  process.stderr.write(`no figure is named ${unknown.join(', ')}; there are ${names}\n`);
  process.exit(2);
}
process.exit(
  await measure(FIGURES.filter(({ name }) => positionals.length === 0 || positionals.includes(name))),
);

async function measure(figures: readonly Figure[]): Promise<number> {
  const compiled = spawnSync(process.execPath, ['src/setup/compile.mjs'], { cwd: ROOT, encoding: 'utf8' });
  if (compiled.status !== 0) {
    process.stderr.write(compiled.stdout + compiled.stderr);
    return 1;
  }
  const machine = { node: process.version, cpus: cpus().length, model: cpus()[0]?.model, load: loadavg() };
  say(`Node ${process.version}, ${machine.cpus} CPUs (${machine.model ?? 'unknown'}), load ${loadText()}`);
  say(tableHead());
  const rows: (Row & { readonly figure: string })[] = [];
  let failed = 0;
  for (const figure of figures) {
    say(`${figure.name}: ${figure.about} (load ${loadText()})`);
    try {
      const own = await measureOne(figure);
      rows.push(...own.map((row) => ({ figure: figure.name, ...row })));
      for (const line of tableLines(own)) say(line);
    } catch (error) {
      if (error === INTERRUPTED) return 130;
      failed += 1;
      note(`FAILED: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    }
  }
  const missed = rows.filter((row) => verdictOf(row) === 'MISS');
  const far = missed.filter((row) => (ratioOf(row) ?? 0) > TOLERATED);
  if (json) {
    const measured = rows.map((row) => ({ ...row, ratio: ratioOf(row) ?? null, verdict: verdictOf(row) }));
    process.stdout.write(`${JSON.stringify({ machine, rows: measured, failed })}\n`);
  }
  say(`${rows.length} values, ${missed.length} missed their goal, ${far.length} by more than ${TOLERATED} ×`);
  return far.length + failed > 0 ? 1 : 0;
}

async function measureOne(figure: Figure): Promise<readonly Row[]> {
  const bench = new Bench(note);
  try {
    return await Promise.race([figure.run(bench), interrupted]);
  } catch (error) {
    if (!(error instanceof Skipped)) throw error;
    note(`skipped: ${error.message}`);
    return [];
  } finally {
    await bench.close();
  }
}

function loadText(): string {
  return loadavg()
    .map((value) => value.toFixed(1))
    .join(' ');
}
