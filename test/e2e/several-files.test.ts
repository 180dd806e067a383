import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { Applied } from '../../src/core/state.ts';
import type { PlanJson } from '../../src/cli/answers.ts';
import { docker } from '../support/local-engine.ts';
import type { Command } from '../support/project-command.ts';
import { TestProject } from '../support/project.ts';
import { until } from '../support/until.ts';

const BOTH = ['-f', 'functions.yml', '-f', 'env/prod.yml'];
const HANDLER = 'import os\ndef handler(event, context): return os.environ.get("LEVEL", "none")\n';
const prod = (level: string): string =>
  `routes: { /g: f }\nfunctions: { f: { env: { LEVEL: "\${PREFIX:-}${level}" } } }\n`;

describe('a project of several files', () => {
  let project: TestProject;

  beforeAll(() => {
    project = new TestProject({ routes: { '/f': 'f' }, functions: { f: { env: { LEVEL: 'base' } } } });
    project.python('f', HANDLER);
    project.write('env/prod.yml', prod('prod'));
  });
  afterAll(() => project.dispose());

  const applied = (): Applied => JSON.parse(project.read('.faaso/state/applied.json')) as Applied;
  const plan = async (...files: readonly string[]): Promise<PlanJson> => {
    const { stdout, stderr } = await project.faaso(...files, 'plan', '--json');
    if (stdout === '') throw new Error(stderr);
    return JSON.parse(stdout) as PlanJson;
  };
  test('is applied as one: the later file wins, and its routes are there too', async () => {
    const run = await project.start([...BOTH, 'apply', '--json']).ended;
    expect(run).toMatchObject({ code: 0, stderr: '' });
    project.url = /"url":"(http:[^"]+)"/.exec(run.stdout)?.[1] ?? '';
    expect((await project.call('/f')).text).toBe('prod');
    expect((await project.call('/g')).text).toBe('prod');
    expect(applied().overlays).toEqual(['env/prod.yml']);
  });

  test('is what the status compares with, whoever asks and with which files', async () => {
    for (const files of [[], BOTH]) {
      const { stdout } = await project.faaso(...files, 'status', '--json');
      expect(JSON.parse(stdout)).toMatchObject({ problems: [], functions: [{ name: 'f', changed: [] }] });
    }
    expect(await plan(...BOTH)).toMatchObject({ empty: true });
  });

  test('without one of its files is another one, and the plan says so', async () => {
    const without = await plan();
    expect(new Set(without.steps.map((step) => step.function))).toEqual(new Set(['f']));
    expect(without.settings).toContainEqual({
      key: 'files',
      from: 'functions.yml, env/prod.yml',
      to: 'functions.yml',
    });
  });

  test('is taken over by a daemon that was started without those files', async () => {
    const before = await project.container('f');
    expect((await project.faaso('daemon', 'restart')).code).toBe(0);
    await project.whenRow('f', 'runs', (row) => row.state === 'running' && row.changed.length === 0);
    expect((await project.container('f')).id).toBe(before.id);
    await docker.getContainer(before.id).kill();
    await project.whenAnswers('/g', 'prod');
    expect((await project.faaso('daemon', 'stop')).code).toBe(0);
    expect((await project.row('f')).changed).toEqual([]);
  });

  test('with a broken one changes nothing, and names the place in that file', async () => {
    project.write('env/prod.yml', 'functions:\n  f: { enviroment: {} }\n');
    const refused = await project.faaso(...BOTH, 'apply');
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('env/prod.yml:2:8  unknown key "enviroment"; did you mean "env"?');
    expect((await project.status()).problems.join()).toContain('env/prod.yml:2:8 ');
    expect((await project.call('/f')).text).toBe('prod');
  });

  test('with one that is gone says which', async () => {
    const refused = await project.faaso('-f', 'functions.yml', '-f', 'env/prd.yml', 'apply');
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('env/prd.yml does not exist');
  });

  test('is watched, and applied again when the further one changes', async () => {
    project.write('env/prod.yml', prod('prod'));
    await project.faaso('daemon', 'stop');
    const serve: Command = await project
      .start([...BOTH, 'serve', '--watch'], { PREFIX: 'x-' })
      .shows(/Serving on http.*watching/, 60_000);
    await project.whenAnswers('/f', 'x-prod');
    project.write('env/prod.yml', prod('again'));
    await project.whenAnswers('/g', 'x-again');
    project.write('env/prod.yml', 'functions: [');
    await until('the problem is shown', () => (serve.stdout + serve.stderr).includes('env/prod.yml:1:'));
    expect((await project.call('/g')).text).toBe('x-again');
    project.write('env/prod.yml', prod('mended'));
    await project.whenAnswers('/g', 'x-mended');
    await serve.interrupt();
  });

  test('is one of one file again after an apply of that one', async () => {
    await project.deploy();
    expect((await project.call('/f')).text).toBe('base');
    expect((await project.call('/g')).status).toBe(404);
    expect(applied().overlays).toEqual([]);
  });
});
