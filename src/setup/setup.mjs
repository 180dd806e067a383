// What `faaso setup` runs: an engine and base images for a machine that has none. The same steps as in `npm start`.
import { join } from 'node:path';
import { ensureBases } from './bases.mjs';
import { ensureEngine } from './engine.mjs';
import { runAlone } from './main.mjs';
import { createReport } from './report.mjs';
import { isEnding } from './run.mjs';

const json = process.argv.includes('--json');
/** As data, the last word alone is told. */
const report = json ? createReport({ isTTY: false, write: () => true }) : createReport();

const answer = await runAlone(async ({ root }) => {
  try {
    const engine = await report.step('engine', () => ensureEngine(report));
    const bases = await report.step('bases', () =>
      ensureBases(engine.socket, join(root, 'templates'), report),
    );
    return { socket: engine.socket, engine: engine.text, bases: bases.text };
  } catch (error) {
    // Whoever reads data wants the failure as data too; at Ctrl-C the handler of the signal has the last word.
    if (!json || isEnding()) throw error;
    const { message, details = [], hint = [] } = error;
    return { error: { message, details, hint } };
  }
});
if (json) process.stdout.write(`${JSON.stringify(answer)}\n`);
process.exitCode = 'error' in answer ? 1 : 0;
