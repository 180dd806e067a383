import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { fingerprint, sourceFiles } from '../../src/setup/compile.mjs';
import { isDebianOrUbuntu, isProcess, parseOsRelease } from '../../src/setup/host.mjs';
import { acquireLock, isStale } from '../../src/setup/lock.mjs';
import { checkNode } from '../../src/setup/main.mjs';
import { networkHint, unreachableHosts } from '../../src/setup/network.mjs';
import { isInstalled } from '../../src/setup/packages.mjs';
import { run } from '../../src/setup/run.mjs';

const LOCK_MODULE = new URL('../../src/setup/lock.mjs', import.meta.url).href;

describe('the system', () => {
  test.each([
    ['ID=debian\nVERSION_CODENAME=bookworm\n', true],
    ['NAME="Ubuntu"\nID=ubuntu\nID_LIKE=debian\n', true],
    ['ID=\'linuxmint\'\nID_LIKE="ubuntu debian"\n', true],
    ['ID="fedora"\n', false],
    ['', false],
  ])('%j has packages that set-up knows: %s', (text, known) => {
    expect(isDebianOrUbuntu(parseOsRelease(text))).toBe(known);
  });

  test.each(['18.20.0', '20.18.9'])('Node %s is refused with what to do', (version) => {
    expect(() => checkNode(version)).toThrow('too old');
  });

  test.each(['20.19.0', '20.20.2', '24.1.0'])('Node %s will do', (version) => {
    expect(() => checkNode(version)).not.toThrow();
  });
});

describe('the lock', () => {
  const holder = { pid: 7, started: '100', boot: 'b' };
  test.each([
    ['its process lives', holder, '100', false],
    ['its process is gone', holder, undefined, true],
    ['its number belongs to another process now', holder, '200', true],
    ['the machine was started again', { ...holder, boot: 'a' }, '100', true],
    ['it holds nothing readable', undefined, '100', true],
  ])('when %s', (_, found, started, stale) => {
    expect(isStale(found, { boot: 'b', startOf: () => started })).toBe(stale);
  });

  test('a second one waits for the first, and is told once who holds it', async () => {
    const file = newLock();
    const release = await acquireLock(file, () => expect.unreachable());
    const told = [];
    const second = acquireLock(file, (pid) => told.push(pid));
    await expect.poll(() => told).toEqual([process.pid]);
    release();
    (await second)();
  });

  test('of a process that was killed is taken over, by one at a time of many', async () => {
    const file = newLock();
    const log = `${file}.log`;
    writeFileSync(file, JSON.stringify({ pid: process.pid, started: '1', boot: 'another' }));
    const program = `
      const { acquireLock } = await import(${JSON.stringify(LOCK_MODULE)});
      const { appendFileSync } = await import('node:fs');
      const release = await acquireLock(${JSON.stringify(file)}, () => {});
      appendFileSync(${JSON.stringify(log)}, 'in ');
      await new Promise((resolve) => setTimeout(resolve, 20));
      appendFileSync(${JSON.stringify(log)}, 'out ');
      release();`;
    const runs = Array.from({ length: 4 }, () =>
      run(process.execPath, ['--input-type=module', '-e', program]),
    );
    await Promise.all(runs);
    expect(readFileSync(log, 'utf8')).toBe('in out '.repeat(4));
  });
});

describe('packages', () => {
  const lock = {
    packages: {
      '': { version: '0.1.0' },
      'node_modules/a': { version: '1.0.0', integrity: 'x' },
      'node_modules/b-win32': { version: '1.0.0', optional: true },
    },
  };
  const installed = { packages: { 'node_modules/a': { version: '1.0.0', integrity: 'x' } } };
  test.each([
    ['the same, without those of other platforms', installed, true],
    ['nothing', undefined, false],
    ['another version', { packages: { 'node_modules/a': { version: '1.0.1', integrity: 'x' } } }, false],
    ['other bytes', { packages: { 'node_modules/a': { version: '1.0.0', integrity: 'y' } } }, false],
    ['one missing', { packages: {} }, false],
    ['one too many', { packages: { ...installed.packages, 'node_modules/c': { version: '1.0.0' } } }, false],
  ])('installed: %s', (_, found, same) => expect(isInstalled(lock, found)).toBe(same));
});

describe('whether sources are newer than what was compiled', () => {
  test('a written, an added and a removed file are all seen', () => {
    const root = mkdtempSync(join(tmpdir(), 'faaso-src-'));
    onTestFinished(() => rmSync(root, { recursive: true }));
    mkdirSync(join(root, 'src/core'), { recursive: true });
    const state = () => fingerprint(root, sourceFiles(root));
    const file = join(root, 'src/core/a.ts');
    writeFileSync(file, 'one');
    const seen = [state()];
    utimesSync(file, 1, 1);
    seen.push(state());
    writeFileSync(join(root, 'src/core/b.ts'), '');
    seen.push(state());
    rmSync(file);
    seen.push(state());
    expect(new Set(seen).size).toBe(4);
    writeFileSync(join(root, 'src/core/notes.md'), '');
    expect(state()).toBe(seen[3]);
  });
});

describe('a network that does not answer', () => {
  test.each([
    ["Err:1 http://deb.example.org/debian x\n  Could not resolve 'deb.example.org'", ['deb.example.org']],
    [
      'W: Failed to fetch http://a.example/dists/x/InRelease  Could not connect to a.example:80 (1.2.3.4).',
      ['a.example'],
    ],
    [
      'npm error network request to https://npm.example/zod failed, reason: getaddrinfo ENOTFOUND npm.example',
      ['npm.example'],
    ],
    ['E: Unable to locate package x', []],
  ])('%j names %j', (output, hosts) => expect(unreachableHosts(output)).toEqual(hosts));

  test('a proxy that is set is named, without its password', () => {
    expect(networkHint('http_proxy', {})).toContain('set http_proxy if there is a proxy');
    const hint = networkHint('https_proxy', { HTTPS_PROXY: 'http://ada:secret@proxy:3128' });
    expect(hint).toContain('proxy:3128');
    expect(hint).not.toContain('secret');
  });
});

test('a process is known by its number and its program', () => {
  const name = readFileSync('/proc/self/comm', 'utf8').trim();
  expect(isProcess(process.pid, name)).toBe(true);
  expect(isProcess(process.pid, 'dockerd')).toBe(false);
  expect(isProcess(2 ** 30, name)).toBe(false);
});

function newLock() {
  const folder = mkdtempSync(join(tmpdir(), 'faaso-lock-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, 'setup.lock');
}
