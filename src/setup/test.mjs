// What `npm test` runs: the same set-up as `npm start`, then every check and every test.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureBases } from './bases.mjs';
import { ensureCaddy } from './caddy.mjs';
import { ensureCompiled } from './compile.mjs';
import { ensureEngine } from './engine.mjs';
import { ensureGvisor } from './gvisor.mjs';
import { runAlone, runSteps } from './main.mjs';
import { ensurePackages } from './packages.mjs';
import { run, runInForeground } from './run.mjs';
import { chooseTests, countTests } from './test-plan.mjs';

const plan = chooseTests(process.argv.slice(2));

const { root, env } = await runAlone(async ({ root, report }) => {
  const env = { ...process.env };
  await report.step('packages', () => ensurePackages(root, report));
  if (plan.needsEngine) {
    const { socket } = await report.step('engine', () => ensureEngine(report));
    env.DOCKER_HOST = `unix://${socket}`;
    await report.step('bases', () => ensureBases(socket, join(root, 'templates'), report));
    await report.step('gvisor', () => ensureGvisor(socket, report));
    const caddy = await report.step('caddy', () => ensureCaddy(report));
    if (caddy.folder !== undefined) env.PATH = `${caddy.folder}:${env.PATH}`;
    await report.step('compile', () => ensureCompiled(root, report));
  }
  return { root, env };
});
// After the lock is let go: a check takes long and changes nothing that another set-up needs.
const checkFailed = plan.checks && !(await runSteps(({ report }) => check(report)));

process.exitCode = await test();

async function check(report) {
  report.working('check', 'types, lint, format, dead code');
  try {
    await report.step('check', async () => {
      await run('npm', ['run', '--silent', 'check'], { cwd: root });
      return { text: 'types, lint, format and dead code are in order' };
    });
    return true;
  } catch (error) {
    process.stdout.write(`${error.output ?? error.stack}\n`);
    return false;
  }
}

async function test() {
  const folder = mkdtempSync(join(tmpdir(), 'faaso-test-'));
  const results = join(folder, 'results.json');
  try {
    const vitest = join(root, 'node_modules/vitest/vitest.mjs');
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${results}`];
    const args = [
      vitest,
      'run',
      '--config',
      join(root, 'test/vitest.config.ts'),
      ...reporters,
      ...plan.filters,
    ];
    const code = await runInForeground(process.execPath, args, { cwd: root, env });
    const { passed, failed, skipped } = countTests(JSON.parse(readFileSync(results, 'utf8')));
    if (checkFailed) process.stdout.write('npm run check FAILED, see above\n');
    process.stdout.write(`${passed} passed, ${failed} failed, ${skipped} skipped\n`);
    return code || Number(checkFailed || failed > 0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
