import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { docker } from '../support/local-engine.ts';
import { TestProject } from '../support/project.ts';
import { faasoInShell, faasoOnTerminal } from '../support/built-cli.ts';

/** Shows what it got; `/endless` and `/slow` never end, `/broken` ends too early. */
const ECHO = `import { createServer } from 'node:http';

export const app = createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://x');
  if (pathname === '/slow') return console.log('waits');
  if (pathname === '/endless') {
    response.write('tick\\n');
    const timer = setInterval(() => response.write('tick\\n'), 20);
    response.on('close', () => { clearInterval(timer); console.log('left'); });
    return;
  }
  if (pathname === '/broken') {
    response.writeHead(200, { 'content-length': 100 });
    response.write('half', () => response.destroy());
    return;
  }
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  if (pathname === '/raw') {
    response.setHeader('x-twice', ['a', 'b']);
    response.statusCode = Number(searchParams.get('status') ?? 200);
    response.end(body);
    return;
  }
  const { method, url, headers } = request;
  response.end(JSON.stringify({ method, url, headers, body: body.toString('latin1') }));
});
`;

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

interface Echo {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

describe('invoke', () => {
  let project: TestProject;

  beforeAll(async () => {
    project = new TestProject({ routes: { '/echo': { function: 'echo', timeout: '20s' } } });
    project.node('echo', ECHO);
    project.write('numbers.json', '{"a":1}\n');
    project.write('bytes', Uint8Array.of(0, 255, 10));
    project.write('empty.txt', '');
    await project.deploy();
    // None of the following needs it.
    await project.faaso('daemon', 'stop');
  });
  afterAll(() => project.dispose());

  const echo = async (...args: readonly string[]): Promise<Echo> => {
    const { code, stdout, stderr } = await project.faaso('invoke', 'echo', ...args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return JSON.parse(stdout) as Echo;
  };
  const shell = (line: string): ReturnType<typeof faasoInShell> => faasoInShell(line, { cwd: project.root });

  test('calls without a body as GET, with one as POST, with the type that it looks like', async () => {
    const { method, url, headers } = await echo('--path', '/x?y=1');
    expect({ method, url }).toEqual({ method: 'GET', url: '/x?y=1' });
    expect(headers).toMatchObject({ 'x-faaso-timeout-ms': '20000', 'x-request-id': expect.any(String) });
    expect(headers['content-length']).toBeUndefined();
    expect(await echo('-d', '{"a":1}')).toMatchObject({
      method: 'POST',
      body: '{"a":1}',
      headers: { 'content-type': 'application/json', 'content-length': '7' },
    });
    const text = await echo('-d', 'a: 1', '-X', 'put', '-H', 'X-A: 1', '-H', 'x-a:2', '--timeout', '3s');
    expect(text).toMatchObject({
      method: 'PUT',
      headers: { 'content-type': 'text/plain; charset=utf-8', 'x-a': '1, 2', 'x-faaso-timeout-ms': '3000' },
    });
    const own = await echo('-d', '1', '-X', 'GET', '-H', 'content-type: a/b', '-H', 'Host: example.org');
    expect(own).toMatchObject({
      method: 'GET',
      body: '1',
      headers: { 'content-type': 'a/b', host: 'example.org' },
    });
  });

  test('sends files and standard input as they are', async () => {
    expect(await echo('-f', 'numbers.json')).toMatchObject({
      body: '{"a":1}\n',
      headers: { 'content-type': 'application/json', 'content-length': '8' },
    });
    expect(await echo('-f', 'bytes')).toMatchObject({
      body: '\x00\xff\n',
      headers: { 'content-type': 'application/octet-stream', 'content-length': '3' },
    });
    expect(await echo('-f', 'empty.txt')).toMatchObject({ method: 'POST', body: '' });
    for (const line of ['invoke echo -', 'invoke echo -f -']) {
      const piped = JSON.parse((await shell(`printf 'a\\377' | faaso ${line}`)).stdout) as Echo;
      expect(piped).toMatchObject({
        method: 'POST',
        body: 'a\xff',
        headers: { 'transfer-encoding': 'chunked' },
      });
    }
    const large = await shell('head -c 20000000 /dev/zero | faaso invoke echo - --path /raw | sha256sum');
    const same = await shell('head -c 20000000 /dev/zero | sha256sum');
    expect(large).toEqual(same);
  });

  test('shows the head with -i, all of it as data with --json', async () => {
    const head = await project.faaso('invoke', 'echo', '-i', '-d', 'hi', '--path', '/raw?status=201');
    expect(head.code).toBe(0);
    expect(head.stdout).toMatch(
      /^HTTP\/1\.1 201 Created\nx-twice: a\nx-twice: b\n[^]*X-Request-Id: \S+\n\nhi$/,
    );
    const json = await project.faaso('invoke', 'echo', '--json', '-d', 'hi', '--path', '/raw');
    expect(JSON.parse(json.stdout)).toMatchObject({
      status: 200,
      headers: { 'x-twice': ['a', 'b'] },
      body: 'hi',
      encoding: 'utf8',
      durationMs: expect.any(Number),
      requestId: expect.any(String),
    });
    const bytes = await project.faaso('invoke', 'echo', '--json', '-f', 'bytes', '--path', '/raw');
    expect(JSON.parse(bytes.stdout)).toMatchObject({ body: 'AP8K', encoding: 'base64' });
  });

  test('keeps the body of a refusal on stdout, says so on stderr, and ends with 3', async () => {
    const { code, stdout, stderr } = await project.faaso(
      'invoke', 'echo', '-d', 'sorry', '--path', '/raw?status=503',
    ); // prettier-ignore
    expect({ code, stdout }).toEqual({ code: 3, stdout: 'sorry' });
    expect(stderr).toMatch(
      /^echo answered 503 Service Unavailable after \d+ ms; its log: faaso logs echo --tail 20\n$/,
    );
    const json = await project.faaso('invoke', 'echo', '--json', '-d', 'x', '--path', '/raw?status=404');
    expect(json).toMatchObject({ code: 3, stderr: '' });
    expect(JSON.parse(json.stdout)).toMatchObject({ status: 404, body: 'x' });
  });

  test('passes an endless answer on until its reader goes, or Ctrl-C', async () => {
    const head = await shell('faaso invoke echo --path /endless | head -n 1');
    expect(head).toEqual({ code: 0, stdout: 'tick\n', stderr: '' });
    const command = project.start(['invoke', 'echo', '--path', '/endless']);
    await command.shows(/tick\ntick\n/);
    const { code, stderr } = await command.interrupt();
    expect({ code, stderr }).toEqual({ code: 130, stderr: '' });
    const logs = project.start(['logs', '-f', 'echo']);
    await logs.shows(/left\n(?:[^]*)left\n/);
  });

  test('gives the prompt a line of its own on a terminal, and none elsewhere', async () => {
    const options = { cwd: project.root };
    const shown = await faasoOnTerminal(['invoke', 'echo', '-d', 'hi', '--path', '/raw'], options);
    expect(shown.stdout).toBe('hi\r\n');
    expect((await project.faaso('invoke', 'echo', '-d', 'hi', '--path', '/raw')).stdout).toBe('hi');
  });

  test('reads standard input as it comes', async () => {
    const child = spawn(process.execPath, [MAIN, 'invoke', 'echo', '-', '--path', '/raw'], {
      cwd: project.root,
      env: project.env,
    });
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stdin.write('first ');
    child.stdin.end('second');
    await once(child, 'close');
    expect(stdout).toBe('first second');
  });

  test('says what stands in the way of an answer', async () => {
    const failing = async (...args: readonly string[]): Promise<string> => {
      const { code, stdout, stderr } = await project.faaso('invoke', 'echo', ...args);
      expect(code).toBe(3);
      expect(stdout).not.toContain('error');
      return stderr;
    };
    expect(await failing('--path', '/slow', '--timeout', '300ms')).toMatch(
      /^error: echo did not answer: nothing came for 0\.3 s\n {2}hint: --timeout waits longer/,
    );
    expect(await failing('--path', '/broken')).toMatch(
      /^error: echo broke off its answer: .*\n {2}hint: its log/,
    );
    const interrupted = project.start(['invoke', 'echo', '--path', '/slow']);
    const logs = project.start(['logs', '-f', 'echo']);
    await logs.shows(/waits\n(?:[^]*)waits\n/);
    expect(await interrupted.interrupt()).toMatchObject({ code: 130, stdout: '', stderr: '' });
  });

  test.each([
    [['invoke', 'ecko'], 'no function is named "ecko"', 'did you mean "echo"?'],
    [['invoke', 'echo', '-f', 'nope.json'], 'nope.json does not exist', '-f takes a file'],
    [['invoke', 'echo', '-f', 'functions'], 'functions is a folder', '-f takes a file'],
    [['invoke', 'echo', '-d', '1', '-'], 'a request has one body', 'faaso help invoke'],
    [['invoke', 'echo', '{"a":1}'], '"{"a":1}" is neither an option nor "-"', `-d '{"a":1}'`],
    [['invoke', 'echo', '-H', 'nope'], '-H takes "Name: value", not "nope"', "-H 'Accept: text/csv'"],
    [['invoke', 'echo', '-H', 'Content-Length: 1'], '-H cannot set Content-Length', 'leave it out'],
    [['invoke', 'echo', '-X', 'nope'], '"nope" is no method', '-X PUT'],
    [['invoke', 'echo', '--path', 'x'], '--path begins with "/"', '--path /x'],
    [['invoke', 'echo', '--path', '/ä b'], 'a character that no URL has', '/%C3%A4%20b'],
    [['invoke', 'echo', '--timeout', '5'], '--timeout takes a time', '--timeout 500ms, 30s or 5m'],
    [['invoke'], 'missing required argument', 'faaso invoke NAME'],
  ])('%j is refused with what to do', async (argv, message, hint) => {
    const { code, stdout, stderr } = await project.faaso(...argv);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).toContain(hint);
  });

  test('says of a function that does not run why, and what brings it back', async () => {
    project.python('later', 'def handler(event, context):\n    return 1\n');
    project.configure({ functions: { later: {} } });
    const later = await project.faaso('invoke', 'later');
    expect(later.code).toBe(3);
    expect(later.stderr).toBe('error: later is not applied yet\n  hint: faaso apply later brings it up\n');
    await docker.getContainer((await project.container('echo')).id).kill();
    const killed = await project.faaso('invoke', 'echo', '--json');
    expect(killed).toMatchObject({ code: 3, stderr: '' });
    expect(JSON.parse(killed.stdout)).toMatchObject({
      code: 'function-not-running',
      message: 'echo does not run: the process exited with code 137',
      hint: expect.stringContaining('faaso apply echo'),
    });
    await docker.getContainer((await project.container('echo')).id).remove();
    expect((await project.faaso('invoke', 'echo')).stderr).toContain('its container was removed');
    project.write('functions.yml', 'name: [');
    expect((await project.faaso('invoke', 'ecko')).stderr).toContain('did you mean "echo"?');
  });

  test('names an engine that does not answer', async () => {
    const command = project.start(['invoke', 'echo'], { DOCKER_HOST: 'unix:///nowhere/docker.sock' });
    const { code, stderr, durationMs } = await command.ended;
    expect(code).toBe(1);
    expect(stderr).toContain('/nowhere/docker.sock');
    expect(durationMs).toBeLessThan(6000);
  });
});
