import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

import { AccessFile } from '../../../src/router/builtin/process/access-file.ts';

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 't-access-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

function opened(path: string): number {
  const fd = openSync(path, 'a+');
  onTestFinished(() => closeSync(fd));
  return fd;
}

const line = (index: number): string => `${JSON.stringify({ index, text: 'x'.repeat(80) })}\n`;

test('the log and its earlier part stay within their bounds, and no line is lost between them', async () => {
  const [path, earlier] = [join(folder(), 'log'), join(folder(), 'log.1')];
  const log = new AccessFile(opened(path), opened(earlier), () => undefined, 10_000);
  for (let index = 0; index < 500; index += 1) {
    log.write(line(index));
    if (index % 20 === 19) await log.flush();
  }
  expect(statSync(path).size).toBeLessThan(13_000);
  expect(statSync(earlier).size).toBeLessThan(13_000);
  const kept = `${readFileSync(earlier, 'utf8')}${readFileSync(path, 'utf8')}`.trim().split('\n');
  const indexes = kept.map((text) => (JSON.parse(text) as { index: number }).index);
  expect(indexes.at(-1)).toBe(499);
  expect(indexes).toEqual(indexes.map((_, i) => (indexes[0] ?? 0) + i));
});

test('a full disk is complained of once; what was lost is counted and said when there is room again', async () => {
  const path = join(folder(), 'log');
  const troubles: unknown[] = [];
  const full = new AccessFile(opened('/dev/full'), opened(join(folder(), 'log.1')), (error) =>
    troubles.push(error),
  );
  for (let index = 0; index < 10; index += 1) {
    full.write(line(index));
    await full.flush();
  }
  expect(troubles).toMatchObject([{ code: 'ENOSPC' }]);
  Object.assign(full, { file: opened(path) });
  full.write(line(10));
  await full.flush();
  expect(
    readFileSync(path, 'utf8')
      .trim()
      .split('\n')
      .map((text) => JSON.parse(text) as unknown),
  ).toEqual([{ time: expect.any(String) as string, lost: 10 }, expect.objectContaining({ index: 10 })]);
});

test('a disk that is too slow costs lines and not memory', () => {
  const log = new AccessFile(opened('/dev/null'), opened('/dev/null'), () => undefined);
  for (let index = 0; index < 200_000; index += 1) log.write(line(index));
  const { waiting, lost } = log as unknown as { waiting: number; lost: number };
  expect(waiting).toBeLessThan(5e6);
  expect(lost).toBeGreaterThan(100_000);
});
