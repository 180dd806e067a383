import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { TestProject } from '../support/project.ts';
import { until } from '../support/until.ts';

/** Says what it has of the env files: as variables, and as files. */
const HANDLER = `import os
def handler(event, context):
    return " ".join([os.environ["LEVEL"], os.environ["TOKEN"], *sorted(os.listdir("/app"))])
`;

describe('an env file', () => {
  let project: TestProject;

  beforeAll(() => {
    project = new TestProject({
      routes: { '/f': 'f' },
      functions: { f: { env: { LEVEL: 'env' }, env_file: ['common.env', 'functions/f/f.env'] } },
    });
    project.python('f', HANDLER);
    project.write('common.env', 'LEVEL=file\nTOKEN=common\n');
    project.write('functions/f/f.env', 'TOKEN="c4nary ${HOME}"\n');
    project.write('functions/f/.env.local', 'TOKEN=local\n');
  });
  afterAll(() => project.dispose());

  const text = async (): Promise<string> => (await project.call('/f')).text;

  test('gives variables, which env wins over, and is no file of the image', async () => {
    await project.deploy();
    expect(await text()).toMatch(/^env c4nary \$\{HOME\} (__pycache__ )?handler\.py$/);
  });

  test('that changes gives another container and no other image, and the plan keeps its values', async () => {
    const { revision } = await project.row('f');
    project.write('functions/f/f.env', 'TOKEN=n3w-canary\n');
    const plan = await project.faaso('plan');
    expect(plan.stdout).toContain('env TOKEN changed');
    expect(plan.stdout).not.toMatch(/canary|c4nary/);
    await project.deploy();
    expect(await text()).toMatch(/^env n3w-canary /);
    expect((await project.row('f')).revision).toBe(revision);
  });

  test('that is broken changes nothing, and no message shows a line of it', async () => {
    project.write('common.env', 'LEVEL=file\nTOKEN canary in the wrong place\n');
    const refused = await project.faaso('apply');
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('common.env:2:1  this line is not an assignment; expected NAME=value');
    expect(refused.stderr).not.toContain('canary');
    expect(await text()).toMatch(/^env n3w-canary /);
  });

  test('is watched', async () => {
    project.write('common.env', 'LEVEL=file\n');
    await project.faaso('daemon', 'stop');
    const serve = await project.start(['serve', '--watch']).shows(/Serving on http.*watching/, 60_000);
    project.write('functions/f/f.env', 'TOKEN=watched\n');
    project.url = /Serving on (http:\/\/[\d.:]+)/.exec(serve.stdout)?.[1] ?? '';
    await until('the new value is there', async () => (await text()).startsWith('env watched '));
    expect((await serve.interrupt()).code).toBe(0);
  });
});
