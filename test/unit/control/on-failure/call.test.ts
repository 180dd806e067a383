import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { readFileSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import { callHook } from '../../../../src/control/on-failure/call.ts';
import type { HookEvent } from '../../../../src/control/on-failure/event.ts';
import { FaasoError } from '../../../../src/core/errors.ts';
import { freePort } from '../../../support/ports.ts';
import { isAlive } from '../../../support/project-processes.ts';
import { tempFolder } from '../../../support/temp-folder.ts';
import { until } from '../../../support/until.ts';

const EVENT: HookEvent = {
  event: 'crash-looping',
  after: null,
  project: 'demo',
  function: 'sum',
  release: 3,
  state: 'crash-looping',
  reason: 'exit code 1',
  at: '2030-01-01T00:00:00.000Z',
  dropped: 0,
};

async function errorOf(work: Promise<void>): Promise<FaasoError> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(FaasoError);
  return error as FaasoError;
}

describe('a command that is told of a failure', () => {
  const never = new AbortController().signal;
  const command = (argv: readonly string[], root: string, timeoutMs = 10_000, signal = never) =>
    callHook(
      { kind: 'command', argv, timeoutMs },
      EVENT,
      { root, env: { ...process.env, OWN: '1' } },
      signal,
    );
  const shell = (script: string, root: string, timeoutMs?: number, signal?: AbortSignal) =>
    command(['/bin/sh', '-c', script], root, timeoutMs, signal);

  it('gets the event on its standard input, its kind in the environment, and runs in the project', async () => {
    const root = tempFolder();
    await shell('cat > event.json; echo "$FAASO_EVENT $OWN" > env.txt', root);
    expect(JSON.parse(readFileSync(join(root, 'event.json'), 'utf8'))).toEqual(EVENT);
    expect(readFileSync(join(root, 'env.txt'), 'utf8')).toBe('crash-looping 1\n');
  });

  it('may be a file of the project; its arguments are read by no shell', async () => {
    const root = tempFolder();
    writeFileSync(join(root, 'notify'), '#!/bin/sh\nprintf %s "$1" > said\n', { mode: 0o755 });
    await command(['./notify', '$HOME; `id`'], root);
    expect(readFileSync(join(root, 'said'), 'utf8')).toBe('$HOME; `id`');
  });

  it('may end without reading', async () => {
    await expect(command(['true'], tempFolder())).resolves.toBeUndefined();
  });

  it('that fails is an error with its exit code and what it wrote, and without its arguments', async () => {
    const error = await errorOf(
      command(['/bin/sh', '-c', 'echo no route to pager >&2; exit 7', 'hunter2'], tempFolder()),
    );
    expect(error).toMatchObject({
      code: 'hook-failed',
      message: 'on_failure: /bin/sh ended with exit code 7',
      details: ['no route to pager'],
    });
  });

  it('that is not there is an error', async () => {
    const error = await errorOf(command(['./nothing'], tempFolder()));
    expect(error.message).toMatch(/^on_failure: \.\/nothing cannot be started \(.*ENOENT/);
  });

  it('that takes too long is ended with all that it started', async () => {
    const root = tempFolder();
    const error = await errorOf(shell('sleep 60 & echo $! > pid; wait', root, 1000));
    expect(error.message).toBe('on_failure: /bin/sh did not end within 1 s');
    const pid = Number(readFileSync(join(root, 'pid'), 'utf8'));
    expect(pid).toBeGreaterThan(1);
    await until('its child is gone', () => !isAlive(pid));
  });

  it('is over when it ends, whatever it left running', async () => {
    const root = tempFolder();
    await shell('sleep 60 & echo $! > pid', root);
    const pid = Number(readFileSync(join(root, 'pid'), 'utf8'));
    expect(isAlive(pid)).toBe(true);
    process.kill(pid, 'SIGKILL');
  });

  it('ends with the daemon', async () => {
    const root = tempFolder();
    const stop = new AbortController();
    const running = shell('echo $$ > pid; exec sleep 60', root, undefined, stop.signal);
    const pid = await until('it runs', () => Number(readFileSync(join(root, 'pid'), 'utf8')));
    stop.abort(new Error('closed'));
    await expect(running).rejects.toThrow('closed');
    expect(isAlive(pid)).toBe(false);
  });
});

describe('a URL that is told of a failure', () => {
  const listen = async (
    answer: (request: IncomingMessage, response: ServerResponse, body: string) => void,
  ): Promise<string> => {
    const server = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (text: string) => (body += text));
      request.on('end', () => answer(request, response, body));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    return `127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  const call = (url: string, timeoutMs = 5000): Promise<void> =>
    callHook(
      { kind: 'url', url, timeoutMs },
      EVENT,
      { root: tempFolder(), env: {} },
      new AbortController().signal,
    );

  it('gets the event as JSON by POST, with the credentials of the URL', async () => {
    const seen: unknown[] = [];
    const address = await listen(({ method, url, headers }, response, body) => {
      seen.push([method, url, headers['content-type'], headers.authorization, JSON.parse(body)]);
      response.end('thanks');
    });
    await call(`http://us%40er:pass@${address}/hook?key=1`);
    const basic = `Basic ${Buffer.from('us@er:pass').toString('base64')}`;
    expect(seen).toEqual([['POST', '/hook?key=1', 'application/json', basic, EVENT]]);
  });

  it('that redirects is not followed, and is an error', async () => {
    let asked = 0;
    const address = await listen((_request, response) => {
      asked += 1;
      response.writeHead(302, { location: '/elsewhere' }).end();
    });
    const error = await errorOf(call(`http://${address}/`));
    expect(error.message).toBe(
      `on_failure: http://${address} answered with 302, and redirects are not followed`,
    );
    expect(asked).toBe(1);
  });

  it.each([
    [
      'answers with an error',
      (response: ServerResponse) => response.writeHead(500).end(),
      /answered with 500$/,
    ],
    ['breaks off', (response: ServerResponse) => response.destroy(), /did not answer \(UND_ERR_SOCKET\)$/],
    ['does not answer', () => undefined, /did not answer within 0\.3 s$/],
  ])('that %s is an error that shows neither credentials nor path', async (_title, act, message) => {
    const address = await listen((_request, response) => void act(response));
    const error = await errorOf(call(`http://user:hunter2@${address}/key-4711?x=hunter2`, 300));
    expect(error.message).toMatch(message);
    expect(JSON.stringify([error.message, error.details, error.hint])).not.toMatch(/hunter2|4711|user/);
  });

  it('where nobody listens is an error', async () => {
    const address = `127.0.0.1:${await freePort()}`;
    const error = await errorOf(call(`http://${address}/`));
    expect(error.message).toBe(`on_failure: http://${address} did not answer (ECONNREFUSED)`);
  });
});
