import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import { acquireLock, bootId, lockOwner } from '../../../src/files/lock.ts';
import type { LockOwner } from '../../../src/files/lock.ts';
import { tempFolder } from '../../support/temp-folder.ts';
import { until } from '../../support/until.ts';

/** A process that takes the lock and holds it until it is killed. */
async function holder(path: string): Promise<ChildProcess> {
  const lock = new URL('../../../src/files/lock.ts', import.meta.url).href;
  const script = `
    const { acquireLock } = await import(${JSON.stringify(lock)});
    process.stdout.write((await acquireLock(process.argv[1], '/its.sock')).kind);
    setInterval(() => undefined, 1000);
  `;
  const args = ['--import', 'tsx', '--input-type=module', '-e', script, path];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [answer] = (await once(child.stdout, 'data')) as [Buffer];
  expect(answer.toString()).toBe('acquired');
  return child;
}

function owner(path: string): LockOwner {
  return JSON.parse(readFileSync(path, 'utf8')) as LockOwner;
}

describe('a lock', () => {
  it('is held by one at a time, and says who that is', async () => {
    const path = join(tempFolder(), 'daemon.lock');
    const first = await acquireLock(path, '/run/first.sock');
    const second = await acquireLock(path, '/run/second.sock');
    expect(first.kind).toBe('acquired');
    expect(second).toMatchObject({ kind: 'held', owner: { pid: process.pid, socket: '/run/first.sock' } });
    expect(await lockOwner(path)).toMatchObject({ pid: process.pid });
  });

  it('is free after its release', async () => {
    const folder = tempFolder();
    const path = join(folder, 'daemon.lock');
    const first = await acquireLock(path, '');
    if (first.kind === 'acquired') await first.release();
    expect(readdirSync(folder)).toEqual([]);
    expect((await acquireLock(path, '')).kind).toBe('acquired');
  });

  it('goes to exactly one of many who ask at once', async () => {
    const folder = tempFolder();
    const path = join(folder, 'daemon.lock');
    const results = await Promise.all(Array.from({ length: 20 }, () => acquireLock(path, '')));
    expect(results.filter((result) => result.kind === 'acquired').length).toBe(1);
    expect(readdirSync(folder)).toEqual(['daemon.lock']);
  });

  it('is held by another process as long as that lives', { timeout: 20_000 }, async () => {
    const path = join(tempFolder(), 'daemon.lock');
    const child = await holder(path);
    expect(await acquireLock(path, '')).toMatchObject({
      kind: 'held',
      owner: { pid: child.pid, socket: '/its.sock' },
    });
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await lockOwner(path)).toBeUndefined();
    expect((await acquireLock(path, '')).kind).toBe('acquired');
    expect(owner(path).pid).toBe(process.pid);
  });

  it(
    'is free when its owner was killed and nobody has waited for what is left of it',
    { timeout: 20_000 },
    async () => {
      const path = join(tempFolder(), 'daemon.lock');
      // The shell starts a child, says its pid, and then never looks at it again.
      const parent = spawn('sh', ['-c', 'sleep 1000 & echo $!; exec sleep 1000'], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      onTestFinished(() => void parent.kill('SIGKILL'));
      const [line] = (await once(parent.stdout, 'data')) as [Buffer];
      const pid = Number(line.toString());
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const startTicks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
      writeFileSync(path, JSON.stringify({ pid, startTicks, boot: bootId(), uid: 0, socket: '' }));
      expect(await lockOwner(path)).toMatchObject({ pid });
      process.kill(pid, 'SIGKILL');
      await until('it is a zombie', () => /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8')));
      expect(await lockOwner(path)).toBeUndefined();
      expect((await acquireLock(path, '')).kind).toBe('acquired');
    },
  );

  it.each([
    ['whose pid is another process by now', { startTicks: '1' }],
    ['of an earlier boot', { boot: 'another' }],
    ['of a process that is gone', { pid: 2 ** 22 + 1 }],
  ])('%s is taken over', async (_title, change) => {
    const folder = tempFolder();
    const path = join(folder, 'daemon.lock');
    await acquireLock(path, '');
    writeFileSync(path, JSON.stringify({ ...owner(path), ...change }));
    const results = await Promise.all(Array.from({ length: 20 }, () => acquireLock(path, '')));
    expect(results.filter((result) => result.kind === 'acquired').length).toBe(1);
    expect(readdirSync(folder)).toEqual(['daemon.lock']);
  });

  it.each(['', '{', '[]', '{"pid":"x"}'])('that says nothing (%j) is taken over', async (text) => {
    const path = join(tempFolder(), 'daemon.lock');
    writeFileSync(path, text);
    expect(await lockOwner(path)).toBeUndefined();
    expect((await acquireLock(path, '')).kind).toBe('acquired');
  });

  it('that came along with a copied folder is nobody’s', async () => {
    const folder = tempFolder();
    const [path, copy] = [join(folder, 'daemon.lock'), join(folder, 'copy.lock')];
    await acquireLock(path, '');
    cpSync(path, copy);
    expect(await lockOwner(copy)).toBeUndefined();
    expect((await acquireLock(copy, '')).kind).toBe('acquired');
  });

  it('of somebody else is not removed by a late release', async () => {
    const path = join(tempFolder(), 'daemon.lock');
    const first = await acquireLock(path, '');
    renameSync(path, `${path}.away`);
    writeFileSync(path, JSON.stringify({ ...owner(`${path}.away`), pid: 1, startTicks: '0' }));
    if (first.kind === 'acquired') await first.release();
    expect(existsSync(path)).toBe(true);
  });
});
