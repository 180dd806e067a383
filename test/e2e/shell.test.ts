import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { faasoInShell } from '../support/built-cli.ts';
import { importTestImage, removeTestImage } from '../support/engine-image.ts';
import { docker } from '../support/local-engine.ts';
import { TestProject } from '../support/project.ts';
import { Typist } from '../support/typist.ts';

describe('shell', () => {
  let project: TestProject;
  let image: string;

  beforeAll(async () => {
    image = await importTestImage(docker);
    project = new TestProject({ functions: { sum: {}, bare: { image, port: 8099 } } });
    project.python('sum', 'def handler(event, context):\n    return 1\n');
    await project.deploy();
  });
  afterAll(async () => {
    await project.dispose();
    await removeTestImage(docker, image);
  });

  const shell = (line: string): ReturnType<typeof faasoInShell> => faasoInShell(line, { cwd: project.root });

  test('runs a program with its streams apart, and ends with its exit code', async () => {
    const result = await project.faaso('shell', 'sum', '--', 'sh', '-c', 'echo out; echo err >&2; exit 7');
    expect(result).toMatchObject({ code: 7, stdout: 'out\n', stderr: 'err\n' });
    const json = await project.faaso('shell', 'sum', '--json', '--', 'sh', '-c', 'echo out; exit 7');
    expect(json.code).toBe(7);
    expect(JSON.parse(json.stdout)).toEqual({ exitCode: 7, stdout: 'out\n', stderr: '' });
    const where = await project.faaso('shell', 'sum', '--', 'sh', '-c', 'id -u; touch /app/x /tmp/x');
    expect(where.stdout).not.toBe('0\n');
    expect(where.stderr).toMatch(/\/app\/x.*Read-only file system\n$/);
  });

  test('passes standard input and its end on, byte for byte', async () => {
    expect(await shell('echo "echo from the shell; exit 3" | faaso shell sum')).toEqual({
      code: 3,
      stdout: 'from the shell\n',
      stderr: '',
    });
    const sum = await shell('head -c 3000000 /dev/urandom | tee bytes | faaso shell sum -- sha256sum');
    expect(sum).toEqual(await shell('sha256sum < bytes'));
    const back = await shell('faaso shell sum -- cat - < bytes | sha256sum');
    expect(back.stdout).toBe(sum.stdout);
  });

  test('ends when its reader has gone, and on Ctrl-C', async () => {
    const head = await shell('faaso shell sum -- sh -c "while echo y; do :; done" | head -n 1');
    expect(head).toEqual({ code: 0, stdout: 'y\n', stderr: '' });
    const waiting = project.start(['shell', 'sum', '--', 'sh', '-c', 'echo waits; sleep 20']);
    await waiting.shows(/waits/);
    expect(await waiting.interrupt()).toMatchObject({ code: 130, stderr: '' });
  });

  test('says what is in its way', async () => {
    const none = await project.faaso('shell', 'bare');
    expect(none.code).toBe(3);
    expect(none.stderr).toMatch(/^error: the container has no program sh\n[^]*hint: name a program/);
    const unknown = await project.faaso('shell', 'sun', '--', 'ls');
    expect(unknown).toMatchObject({ code: 2, stdout: '' });
    expect(unknown.stderr).toContain('did you mean "sum"?');
    const option = await project.faaso('shell', 'sum', 'ls', '-l');
    expect(option.code).toBe(2);
    project.configure({ functions: { ...project.settings.functions, later: {} } });
    project.python('later', 'def handler(event, context):\n    return 1\n');
    const later = await project.faaso('shell', 'later', '--json');
    expect(later.code).toBe(3);
    expect(JSON.parse(later.stdout)).toMatchObject({ code: 'function-not-running' });
  });

  test('is a shell on a terminal, with its keys, its size and its end', async () => {
    const typist = new Typist(project.root, 'stty cols 91 rows 33; faaso shell sum');
    await typist.sees(/[$#] $/);
    // A program in the container hears of Ctrl-C, and faaso does not.
    typist.type('echo sle""eps; sleep 60\r');
    await typist.sees(/sleeps\r\n/);
    typist.type('\x03');
    typist.type('stty size\r');
    await typist.sees(/33 91/);
    typist.type('exit 5\r');
    await typist.sees(/ended with 5/);
    await typist.ended;
    const states = ['before', 'after'].map((name) =>
      project.read(name).replaceAll(/(rows|columns) \d+/g, ''),
    );
    expect(states[1]).toBe(states[0]);
  });

  test('gives the terminal back when its container is taken away', async () => {
    const typist = new Typist(project.root, 'faaso shell sum');
    await typist.sees(/[$#] $/);
    await docker.getContainer((await project.container('sum')).id).kill();
    await typist.sees(/ended with \d+/);
    await typist.ended;
    expect(project.read('after')).toBe(project.read('before'));
  });
});
