import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

import type { LoadResult } from '../../../src/config/load.ts';
import { loadProject } from '../../../src/config/load.ts';
import { cpuTime } from '../../support/cpu-time.ts';
import { projectFolder } from '../../support/project-folder.ts';

const templates = fileURLToPath(new URL('../../support/templates', import.meta.url));
const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);

test('5,000 functions are read in 2 s and 200 MB', { timeout: 30_000 }, async () => {
  const routes = numbers(5000).map((index) => `  /f${index}: f${index}\n`);
  const functions = numbers(5000).map(
    (index) => `  f${index}: { image: "acme/f:${index}", env: { A: "1" } }\n`,
  );
  const { file } = projectFolder({
    'functions.yml': `ports: 20000-29999\nroutes:\n${routes.join('')}functions:\n${functions.join('')}`,
  });
  const before = process.memoryUsage().rss;
  let result: LoadResult | undefined;
  const used = await cpuTime(async () => {
    result = await loadProject({ file, env: {}, templates });
  });
  expect(used).toBeLessThan(3 * 2000);
  expect(process.memoryUsage().rss - before).toBeLessThan(200e6);
  expect(result).toMatchObject({ kind: 'valid', warnings: [] });
  expect(result?.kind === 'valid' ? result.project.functions.length : 0).toBe(5000);
});

test('50 folders are read in 150 ms once the loader is warm', async () => {
  const folders = numbers(50).flatMap((index) => [
    [
      `functions/f${index}/metadata.yml`,
      'runtime: python\ntest: [{ name: works, expect: { status: 200 } }]\n',
    ],
    [`functions/f${index}/app.py`, ''],
  ]);
  const routes = numbers(50).map((index) => `  /f${index}: f${index}\n`);
  const { file } = projectFolder({
    ...Object.fromEntries(folders),
    'functions.yml': `routes:\n${routes.join('')}`,
  });
  expect(await loadProject({ file, env: {}, templates })).toMatchObject({ kind: 'valid' });
  expect(await cpuTime(() => loadProject({ file, env: {}, templates }))).toBeLessThan(3 * 150);
});

test('5,000 wrong routes are said to be wrong in time', { timeout: 30_000 }, async () => {
  const routes = numbers(5000).map((index) => `  /f${index}: g${index}\n`);
  const { file } = projectFolder({ 'functions.yml': `ports: 20000-29999\nroutes:\n${routes.join('')}` });
  let result: LoadResult | undefined;
  const used = await cpuTime(async () => {
    result = await loadProject({ file, env: {}, templates });
  });
  expect(used).toBeLessThan(3 * 2000);
  expect(result?.kind === 'invalid' ? result.diagnostics.length : 0).toBe(101);
});
