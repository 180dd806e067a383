// What `npm start` runs: everything that a fresh machine lacks, then the router in the foreground. Its `exec` in
// package.json matters: npm hands a signal to its shell, which would end without handing it on to here.
import { join } from 'node:path';
import { ensureBases } from './bases.mjs';
import { ensureCompiled } from './compile.mjs';
import { ensureEngine } from './engine.mjs';
import { runAlone } from './main.mjs';
import { ensurePackages } from './packages.mjs';
import { runInForeground } from './run.mjs';

const { root, socket } = await runAlone(async ({ root, report }) => {
  await report.step('packages', () => ensurePackages(root, report));
  const { socket } = await report.step('engine', () => ensureEngine(report));
  await report.step('bases', () => ensureBases(socket, join(root, 'templates'), report));
  await report.step('compile', () => ensureCompiled(root, report));
  return { root, socket };
});

const args = [join(root, 'dist/cli/main.js'), 'serve', '--watch', ...process.argv.slice(2)];
const env = { ...process.env, DOCKER_HOST: `unix://${socket}` };
process.exitCode = await runInForeground(process.execPath, args, { env });
