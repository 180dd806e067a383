import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

import type { HookEvent } from '../../src/control/on-failure/event.ts';
import { testProject } from '../support/project.ts';
import { until } from '../support/until.ts';

const CRASHES = 'import os\n\ndef handler(event, context):\n    os._exit(3)\n';

test('a crash-looping function calls the command, and an apply can name somebody else', async () => {
  const posted: HookEvent[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      posted.push(JSON.parse(body) as HookEvent);
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const project = testProject({ routes: { '/f': 'f' }, on_failure: { command: ['./tell', 'x y'] } });
  project.write('tell', '#!/bin/sh\n{ printf "%s %s " "$FAASO_EVENT" "$1"; cat; } >> told\n', 0o755);
  project.python('f', CRASHES);
  await project.deploy();
  // Ended as often as it comes up: a crash loop.
  const ending = setInterval(() => void project.call('/f').catch(() => undefined), 100);
  onTestFinished(() => clearInterval(ending));
  const told = (): string => (existsSync(join(project.root, 'told')) ? project.read('told') : '');
  await until('the command is called, and has written all', () => told().includes('\n'), 45_000);
  clearInterval(ending);
  const [line = ''] = told().split('\n');
  expect(line).toMatch(/^crash-looping x y \{/);
  const event = JSON.parse(line.slice(line.indexOf('{'))) as HookEvent;
  expect(event).toMatchObject({
    event: 'crash-looping',
    after: null,
    project: project.name,
    function: 'f',
    release: 1,
    state: 'crash-looping',
    dropped: 0,
  });
  expect(event.reason).not.toBe('');

  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  project.configure({ on_failure: { url } });
  await project.deploy();
  project.python('f', 'def handler(event, context) return 1\n');
  expect((await project.apply()).code).toBe(3);
  const applied = await until('the URL is called', () =>
    posted.find((item) => item.event === 'apply-failed'),
  );
  expect(applied).toMatchObject({ function: 'f', release: 1, dropped: 0 });
  expect(applied.reason).toMatch(/^await-healthy: /);
}, 120_000);
