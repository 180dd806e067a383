import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { faasoInShell, faasoOnTerminal } from '../support/built-cli.ts';
import { TestProject } from '../support/project.ts';

const COUNTING = `import sys

for number in range(1, 31):
    print("\\x1b[31mline\\x1b[0m %d" % number, file=sys.stderr if number % 2 else sys.stdout, flush=True)

def handler(event, context):
    print("call %s" % context.path, flush=True)
    return 1
`;

describe('logs --grep', () => {
  let project: TestProject;

  beforeAll(async () => {
    project = new TestProject({ routes: { '/one': 'one' } });
    project.python('one', COUNTING);
    await project.deploy();
  });
  afterAll(() => project.dispose());

  const plain = (text: string): string[] => stripVTControlCharacters(text).trimEnd().split('\n');
  const logs = async (...args: readonly string[]): Promise<string[]> => {
    const { code, stdout, stderr } = await project.faaso('logs', 'one', ...args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return plain(stdout);
  };

  test('shows the lines that match, whatever their colours', async () => {
    expect((await logs('--grep', 'line 1$')).toSorted()).toEqual(['line 1']);
    expect((await logs('-g', 'LINE 2', '-i')).length).toBe(11);
    expect(await logs('-g', 'LINE 2')).toEqual(['']);
    const json = await project.faaso('logs', 'one', '--json', '-g', 'line 7');
    expect(JSON.parse(json.stdout)).toMatchObject({ function: 'one', stream: 'stderr', release: 1 });
  });

  test('counts with --tail the lines that match', async () => {
    expect((await logs('-g', 'line .*0$', '--tail', '2')).toSorted()).toEqual(['line 20', 'line 30']);
    expect(await logs('-g', 'line', '--tail', '0')).toEqual(['']);
    const piped = await faasoInShell("faaso logs -g 'line 1' | head -n 1", { cwd: project.root });
    expect(piped).toMatchObject({ code: 0, stderr: '' });
  });

  test('goes on with -f, from the last that match', async () => {
    const follow = project.start(['logs', '-f', 'one', '-g', 'line.*0$|wanted', '--tail', '1']);
    await follow.shows(/line.* 30\n/);
    for (const path of ['/one/wanted', '/one/other', '/one/also/wanted']) await project.call(path);
    await follow.shows(/call \/also\/wanted\n/);
    const { stdout } = await follow.interrupt();
    expect(plain(stdout)).toEqual(['line 30', 'call /wanted', 'call /also/wanted']);
  });

  test('marks what was found on a terminal', async () => {
    const { stdout } = await faasoOnTerminal(['logs', 'one', '-g', 'ne 3$'], { cwd: project.root });
    expect(stdout).toBe('li\x1b[31mne 3\x1b[39m\r\n');
  });

  test('of a release that has no container any more says so', async () => {
    expect((await logs('--release', '1', '-g', 'line 3$'))[0]).toBe('line 3');
    const gone = await project.faaso('logs', 'one', '--release', '7');
    expect(gone.code).toBe(2);
    expect(gone.stderr).toBe(
      'error: release 7 of one has no container, and so no log\n  hint: there is the log of release 1: faaso logs one\n',
    );
  });
});
