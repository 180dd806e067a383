import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

import { freePort } from '../../support/ports.ts';
import { testProject } from '../../support/project.ts';

test.each([
  ['python', 'node'],
  ['node', 'python'],
])('an empty folder serves a %s function, and then one of %s too', async (first, second) => {
  const project = testProject();
  rmSync(join(project.root, 'functions.yml'));
  const missing = await project.faaso('status');
  expect(missing.code).toBe(2);
  expect(missing.stderr).toContain('faaso init');

  const port = await freePort();
  const begun = await project.faaso('init', '--runtime', first, '--listen', String(port));
  expect(begun).toMatchObject({ code: 0, stderr: '' });
  expect(begun.stdout).toContain(`  curl http://127.0.0.1:${port}/hello\n`);
  const valid = await project.faaso('validate');
  expect(valid).toMatchObject({ code: 0, stdout: 'valid: 1 function, 1 route\n', stderr: '' });

  await project.deploy();
  expect(project.url).toBe(`http://127.0.0.1:${port}`);
  expect(await project.call('/hello')).toMatchObject({ status: 200, text: '{"greeting":"Hello, world!"}' });
  expect(await project.call('/hello?name=Ada')).toMatchObject({ text: '{"greeting":"Hello, Ada!"}' });
  const invoked = await project.faaso('invoke', 'hello', '-d', '{"name":"Ada"}');
  expect(invoked.stdout.trim()).toBe('{"greeting":"Hello, Ada!"}');

  const added = await project.faaso('new', 'again', '--runtime', second, '--path', '/a/b');
  expect(added).toMatchObject({ code: 0, stderr: '' });
  const applied = await project.deploy();
  expect(applied.answer).toMatchObject({ changed: ['again'], unchanged: ['hello'] });
  expect(await project.call('/a/b', { method: 'POST', body: '{"name":"Bob"}' })).toMatchObject({
    status: 200,
    text: '{"greeting":"Hello, Bob!"}',
  });
});
