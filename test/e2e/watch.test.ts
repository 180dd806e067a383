import { renameSync, rmSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { Command } from '../support/project-command.ts';
import { TestProject } from '../support/project.ts';
import { until } from '../support/until.ts';

const answering = (text: string): string => `def handler(event, context): return "${text}"\n`;

describe('serve --watch', () => {
  let project: TestProject;
  let serve: Command;

  beforeAll(async () => {
    project = new TestProject({ routes: { '/f': 'f' } });
    project.python('f', answering('1'));
    serve = await project.start(['serve', '--watch']).shows(/Serving on http.*watching/, 60_000);
    project.url = /Serving on (http:\/\/[\d.:]+)/.exec(serve.stdout)?.[1] ?? '';
  });
  afterAll(() => project.dispose());

  /** What it printed since. */
  const since = (): (() => string) => {
    const from = [serve.stdout.length, serve.stderr.length];
    return () => serve.stdout.slice(from[0]) + serve.stderr.slice(from[1]);
  };

  test('shows a command to call each route', async () => {
    expect(serve.stdout).toMatch(`curl ${project.url}/f`);
    expect(serve.stdout).toMatch(/^f +healthy, now at \/f/m);
    // That it runs was said already.
    expect(serve.stdout).not.toMatch(/^f +running$/m);
    expect((await project.call('/f')).text).toBe('1');
  });

  test('a saved handler goes live by itself', async () => {
    const said = since();
    project.python('f', answering('2'));
    await project.whenAnswers('/f', '2');
    await until('it says so', () => said().includes('healthy'));
    expect(said()).toMatch(/^\d\d:\d\d:\d\d +f +healthy, now at \/f/m);
  });

  test('an invalid file is shown with its place, and what runs goes on; mended, it is applied', async () => {
    const before = await project.whenSettled(['f']);
    const said = since();
    project.write('functions.yml', project.read('functions.yml').replace('"routes"', '"routs"'));
    await until('the problem is shown', () =>
      /functions\.yml:\d+:\d+ +unknown key "routs"; did you mean "routes"\?/.test(said()),
    );
    await until('and what it means', () => said().includes('What runs goes on as it is.'));
    expect((await project.call('/f')).text).toBe('2');
    expect((await project.status()).problems.join()).toMatch(/functions\.yml:\d+:\d+ /);
    const refused = await project.faaso('apply');
    expect(refused).toMatchObject({ code: 2 });
    expect(refused.stderr).toMatch(/1 problem\. Nothing was changed\./);
    project.configure({ routes: { '/f': 'f', '/g': 'f' } });
    await project.whenAnswers('/g', '2');
    expect(await project.containers()).toEqual(before);
  });

  test('a function that is added is served, one that is removed waits for an apply', async () => {
    project.python('late', answering('late'));
    project.configure({ routes: { '/f': 'f', '/late': 'late' } });
    await project.whenAnswers('/late', 'late');
    const said = since();
    project.configure({ routes: { '/f': 'f' } });
    await until('it says what to do', () =>
      said().includes('late: no longer in functions.yml; "faaso apply" removes it'),
    );
    expect((await project.call('/late')).text).toBe('late');
    project.python('f', answering('3'));
    await project.whenAnswers('/f', '3');
    expect(said().match(/late: no longer/g)).toHaveLength(1);
    await project.deploy();
    expect((await project.call('/late')).status).toBe(404);
    await project.whenSettled(['f']);
  });

  test('a warning about the files is told once, and not at every saved file', async () => {
    const said = since();
    const before = project.read('functions.yml');
    project.write('functions.yml', before.replace(/"ports": "[^"]*"/, '"ports": "40000-40999"'));
    await until('it is told', () => said().includes('warning: ports 40000-40999 overlap'));
    for (const text of ['4', '5']) {
      project.python('f', answering(text));
      await project.whenAnswers('/f', text);
    }
    expect(said().match(/warning: /g)).toHaveLength(1);
    project.write('functions.yml', before);
    await project.deploy();
  });

  test('a changed .env reaches the function whose variable it holds', async () => {
    project.write('.env', 'GREETING=hello\n');
    project.python('f', `import os\n\ndef handler(event, context): return os.environ["GREETING"]\n`);
    project.configure({ functions: { f: { env: { GREETING: '${GREETING}' } } } });
    await project.whenAnswers('/f', 'hello');
    project.write('.env', 'GREETING=bye\n');
    await project.whenAnswers('/f', 'bye');
    const said = since();
    rmSync(join(project.root, '.env'));
    await until('it says what is missing', () => /functions\.yml:\d+:\d+ .*GREETING/.test(said()));
    expect((await project.call('/f')).text).toBe('bye');
    project.write('.env', 'GREETING=again\n');
    await project.whenAnswers('/f', 'again');
  });

  test('of many quick saves the last wins', { timeout: 120_000 }, async () => {
    project.configure({ functions: {} });
    for (let count = 1; count <= 20; count += 1) {
      project.python('f', answering(`save ${count}`));
      // Some fall into a run that goes on, some before its first look at the files.
      await until('a moment has passed', pause(count * 20), 5000);
    }
    await project.whenAnswers('/f', 'save 20', 60_000);
    await project.whenSettled(['f']);
    expect((await project.row('f')).changed).toEqual([]);
  });

  test('a handler that an editor replaces by renaming goes live', async () => {
    project.write('functions/f/.handler.py.new', answering('renamed'));
    renameSync(
      join(project.root, 'functions/f/.handler.py.new'),
      join(project.root, 'functions/f/handler.py'),
    );
    await project.whenAnswers('/f', 'renamed');
    project.write('functions/f/.handler.py.new', answering('renamed twice'));
    renameSync(
      join(project.root, 'functions/f/.handler.py.new'),
      join(project.root, 'functions/f/handler.py'),
    );
    await project.whenAnswers('/f', 'renamed twice');
    expect((await project.row('f')).changed).toEqual([]);
  });

  test('a deleted functions.yml changes nothing, and edits are seen again once it is back', async () => {
    const text = project.read('functions.yml');
    const said = since();
    unlinkSync(join(project.root, 'functions.yml'));
    await until('it says that the file is gone', () => /functions\.yml/.test(said()));
    expect((await project.call('/f')).text).toBe('renamed twice');
    project.write('functions.yml', text.replace('"/f"', '"/back"'));
    await project.whenAnswers('/back', 'renamed twice');
    project.python('f', answering('seen'));
    await project.whenAnswers('/back', 'seen');
  });

  test('a function whose folder is gone serves on, and is watched again once it is back', async () => {
    const said = since();
    const folder = join(project.root, 'functions/f');
    renameSync(folder, join(project.root, 'kept'));
    await until('it says so', () => /functions\.yml:\d+:\d+ +route \/back names a function "f"/.test(said()));
    expect((await project.call('/back')).text).toBe('seen');
    renameSync(join(project.root, 'kept'), folder);
    project.python('f', answering('folder is back'));
    await project.whenAnswers('/back', 'folder is back');
  });

  test('a deploy that fails is told, the old serves, and the next save mends it', async () => {
    const said = since();
    project.python('f', 'raise RuntimeError("typo")\n');
    await until('it tells', () => /f +FAILED in await-healthy.*exited with code 1/.test(said()), 30_000);
    expect(said()).toMatch(/RuntimeError: typo/);
    expect((await project.call('/back')).text).toBe('folder is back');
    project.python('f', answering('mended'));
    await project.whenAnswers('/back', 'mended');
    expect((await serve.interrupt()).code).toBe(0);
  });
});

test('serve --watch in a folder whose file is invalid waits for the mending', async () => {
  const project = new TestProject({ routes: { '/f': 'f' } });
  try {
    const good = project.read('functions.yml');
    project.python('f', answering('fine'));
    project.write('functions.yml', 'routes: [\n');
    const serve = await project.start(['serve', '--watch']).shows(/Nothing is served yet/);
    expect(serve.output).toMatch(/functions\.yml:\d+:\d+/);
    project.write('functions.yml', good);
    await until('it serves', async () => {
      const { router } = await project.status();
      project.url = router.listen;
      return router.state === 'serving';
    });
    await project.whenAnswers('/f', 'fine');
    expect((await serve.interrupt()).code).toBe(0);
  } finally {
    await project.dispose();
  }
});

function pause(ms: number): () => boolean {
  const began = performance.now();
  return () => performance.now() - began >= ms;
}
