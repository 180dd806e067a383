import { existsSync, mkdtempSync, realpathSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { projectPaths } from '../../src/core/paths.ts';
import { openSecrets } from '../../src/files/secret-store.ts';
import { startLoad } from '../support/load.ts';
import { freePort } from '../support/ports.ts';
import { isAlive } from '../support/project-processes.ts';
import { TestProject } from '../support/project.ts';
import { until } from '../support/until.ts';

const HANDLER = `def handler(event, context):
    return open("/run/secrets/KEY").read()
`;

describe('a project that another folder takes over', () => {
  let old: TestProject;
  let mine: TestProject;

  beforeAll(async () => {
    old = new TestProject({
      routes: { '/f': 'f' },
      functions: { f: { secrets: ['KEY'] } },
      router: { listen: `127.0.0.1:${await freePort()}` },
    });
    old.python('f', HANDLER);
    await openSecrets(projectPaths(old.root, { uid: 0 })).set('KEY', Buffer.from('first'));
    await old.deploy();
    mine = new TestProject(old.settings, {
      name: old.name,
      base: realpathSync(mkdtempSync(join(tmpdir(), 'faaso-e2e-'))),
    });
    mine.python('f', HANDLER);
  });
  afterAll(async () => {
    await mine.dispose();
    await old.dispose();
  });

  test('is told of before, and nothing happens without a yes', async () => {
    const before = await old.containers();
    const refused = await mine.faaso('apply');
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('faaso adopt') });
    const asked = await mine.faaso('adopt');
    expect(asked.code).toBe(2);
    expect(asked.stdout).toMatch(`${old.name} runs from ${old.root}. Taking it over:`);
    expect(asked.stdout).toMatch(`its daemon there (pid ${String(old.daemonPid)}) ends`);
    expect(asked.stdout).toMatch('its secrets are copied to here');
    expect(asked.stderr).toMatch('add --yes');
    const asJson = await mine.faaso('adopt', '--json');
    expect([asJson.code, JSON.parse(asJson.stdout).code]).toEqual([2, 'usage']);
    expect(await old.containers()).toEqual(before);
    expect(existsSync(join(mine.root, '.faaso/data'))).toBe(false);
  });

  test("loses no request, and then nothing that runs is the other folder's", async () => {
    const [daemon = 0, router = 0] = [old.daemonPid, old.routerPid];
    const load = startLoad({ url: `${old.url}/f`, rate: 50, isRight: (text) => text === 'first' });
    try {
      const { code, stdout, stderr } = await mine.faaso('adopt', '--yes');
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toMatch(old.url);
      const count = load.answered.length;
      await until('it serves on', () => load.answered.length > count + 20);
      await mine.whenSettled(['f']);
      await until('the old one is gone', async () => (await old.containers()).length === 0);
    } finally {
      expect((await load.stop()).lost).toEqual([]);
    }
    expect([isAlive(daemon), isAlive(router)]).toEqual([false, true]);
    expect((await mine.row('f')).state).toBe('running');
  });

  test('brings its secrets along, with their rights', async () => {
    const { secrets, data } = projectPaths(mine.root, { uid: 0 });
    const key = join(secrets, 'KEY');
    expect([statSync(data), statSync(secrets), statSync(key)].map((info) => info.mode & 0o777)).toEqual([
      0o700, 0o700, 0o600,
    ]);
    const store = openSecrets(projectPaths(mine.root, { uid: 0 }));
    expect(await store.fingerprint('KEY')).toBe(
      await openSecrets(projectPaths(old.root, { uid: 0 })).fingerprint('KEY'),
    );
  });

  test("is not the old folder's any more, until that adopts it back", async () => {
    const before = await mine.containers();
    for (const verb of ['apply', 'down']) {
      const refused = await old.faaso(verb);
      expect(refused.code).toBe(2);
      expect(refused.stderr).toMatch(`runs from ${mine.root} already`);
    }
    expect(await mine.deploy()).toMatchObject({ answer: { unchanged: ['f'] } });
    expect(await mine.containers()).toEqual(before);
    expect((await old.faaso('adopt', '--yes')).code).toBe(0);
    await old.whenSettled(['f']);
    expect((await old.call('/f')).text).toBe('first');
    expect((await mine.faaso('apply')).stderr).toMatch(`runs from ${old.root} already`);
  });

  test('is nothing to adopt where it runs from here, or from nowhere', async () => {
    const { code, stdout } = await old.faaso('adopt');
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: 'Nothing to adopt: no other folder runs a project of this name. To bring it up: faaso apply\n',
    });
    expect((await old.faaso('down')).code).toBe(0);
    const answer = await mine.faaso('adopt', '--json');
    expect(JSON.parse(answer.stdout)).toEqual({ kind: 'result', from: null, run: null });
  });
});
