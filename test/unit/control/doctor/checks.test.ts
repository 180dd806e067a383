import { describe, expect, it } from 'vitest';

import { clockCheck } from '../../../../src/control/doctor/checks/clock.ts';
import { diskCheck } from '../../../../src/control/doctor/checks/disk.ts';
import { engineCheck } from '../../../../src/control/doctor/checks/engine.ts';
import { inotifyCheck } from '../../../../src/control/doctor/checks/inotify.ts';
import { liveRestoreCheck } from '../../../../src/control/doctor/checks/live-restore.ts';
import { writeFile } from '../../../../src/control/doctor/commands.ts';
import { word } from '../../../../src/core/command.ts';
import { doctor } from '../../../../src/control/doctor/doctor.ts';
import { FaasoError } from '../../../../src/core/errors.ts';
import { createMemoryEngine } from '../../../../src/engine/memory.ts';
import type { Engine, EngineInfo } from '../../../../src/engine/engine.ts';
import { fakeHost, found } from '../../../support/fake-host.ts';

/** An engine in memory that says something else of itself. */
function engineWith(change: Partial<EngineInfo>): Engine {
  const engine = createMemoryEngine();
  return { ...engine, info: async () => ({ ...(await engine.info()), ...change }) };
}

const space = { bytes: 100e9, usedBytes: 50e9, freeBytes: 50e9, inodes: 1e6, freeInodes: 5e5, device: 1 };

describe('the check of', () => {
  it('the clock compares with the engine and with what has happened', async () => {
    const host = fakeHost({ '/run/systemd/system/x': '' });
    expect(await found(clockCheck, host)).toMatchObject([{ state: 'ok' }]);
    const behind = fakeHost({ '/run/systemd/system/x': '' }, { now: () => Date.now() - 60_000 });
    expect(await found(clockCheck, behind)).toMatchObject([
      { state: 'warn', message: expect.stringMatching(/^\d\d s apart/), fix: ['timedatectl set-ntp true'] },
    ]);
    const traces = async (): Promise<Awaited<ReturnType<Engine['traces']>>> => ({
      containers: [
        { id: 'a', name: 'a', labels: {}, running: true, published: [], createdAt: Date.now() + 600_000 },
      ],
      networks: [],
      strangers: 0,
    });
    expect(await found(clockCheck, host, { traces })).toMatchObject([
      { state: 'fail', message: expect.stringContaining('before what was made at') },
    ]);
  });

  it('the disk counts inodes too, and names each place that is short', async () => {
    const host = (change: Partial<typeof space>) =>
      fakeHost({}, { space: async () => ({ ...space, ...change }) });
    expect(await found(diskCheck, host({}))).toMatchObject([
      { state: 'ok', message: '/var/lib/memory 50 % full (50.0 GB left)' },
    ]);
    const full = await found(diskCheck, host({ usedBytes: 98.8e9, freeBytes: 1.2e9 }));
    expect(full[0]).toMatchObject({
      state: 'fail',
      message: '/var/lib/memory 99 % full (1.2 GB left); builds fail',
      fix: ['docker system df', 'docker image prune'],
    });
    const few = await found(diskCheck, host({ freeInodes: 90 }));
    expect(few[0]).toMatchObject({ state: 'fail', message: expect.stringContaining('90 inodes left') });
    expect(await found(diskCheck, host({ freeInodes: 9000 }))).toMatchObject([
      { state: 'warn' },
      { state: 'warn' },
    ]);
  });

  it("inotify counts what this user's processes hold, and no one else's", async () => {
    const host = fakeHost({
      '/proc/sys/fs/inotify/max_user_watches': '100\n',
      '/proc/sys/fs/inotify/max_user_instances': '128\n',
      '/proc/5/status': 'Name:\tnode\nUid:\t0\t0\t0\t0\n',
      '/proc/5/fd/9': '→ anon_inode:inotify',
      '/proc/5/fdinfo/9': 'pos:\t0\ninotify wd:2 ino:1\ninotify wd:1 ino:2\n',
      '/proc/6/status': 'Name:\tnode\nUid:\t1000\t1000\t1000\t1000\n',
      '/proc/6/fd/9': '→ anon_inode:inotify',
      '/proc/6/fdinfo/9': 'inotify wd:1 ino:2\n',
    });
    expect(await found(inotifyCheck, host)).toMatchObject([
      { state: 'ok', message: '2 of 100 watches and 1 of 128 instances in use' },
    ]);
    expect(await found(inotifyCheck, fakeHost({ '/proc/x': '' }))).toMatchObject([{ state: 'skipped' }]);
  });

  it('live-restore leaves settings alone that it cannot read, and flags that win over them', async () => {
    const engine = engineWith({ liveRestore: false });
    const dockerd = (argv: string, settings: string) =>
      fakeHost({
        '/proc/7/comm': 'dockerd\n',
        '/proc/7/cmdline': argv,
        '/proc/7/status': 'Uid:\t0\t0\t0\t0\n',
        '/proc/7/cgroup': '0::/system.slice/docker.service\n',
        '/etc/docker/daemon.json': settings,
        '/srv/own.json': '{"debug":true}',
      });
    expect(await found(liveRestoreCheck, dockerd('dockerd\0', '{"a":'), { engine })).toMatchObject([
      { state: 'warn', why: expect.stringContaining('not valid JSON'), fix: [] },
    ]);
    expect(
      await found(liveRestoreCheck, dockerd('dockerd\0--live-restore=false\0', ''), { engine }),
    ).toMatchObject([{ state: 'warn', why: expect.stringContaining('--live-restore=false'), fix: [] }]);
    expect(
      await found(liveRestoreCheck, dockerd('dockerd\0--config-file=/srv/own.json\0', ''), { engine }),
    ).toMatchObject([
      { fix: [`echo '{"debug":true,"live-restore":true}' > /srv/own.json`, 'systemctl reload docker'] },
    ]);
    const user = { ...dockerd('dockerd\0', ''), uid: 1000 };
    expect(await found(liveRestoreCheck, user, { engine })).toMatchObject([
      {
        fix: [
          `echo '{"live-restore":true}' | sudo tee /etc/docker/daemon.json > /dev/null`,
          'sudo systemctl reload docker',
        ],
      },
    ]);
  });

  it('the engine names one that is not Docker, one that is too old and one that is not there', async () => {
    const host = fakeHost({ '/etc/os-release': 'ID=debian\n' });
    expect(await found(engineCheck, host, { engine: engineWith({ buildKit: false }) })).toMatchObject([
      { state: 'fail', message: expect.stringContaining('has no BuildKit') },
    ]);
    const failing = (code: 'engine-unsupported' | 'engine-unreachable') => ({
      info: async () => {
        throw new FaasoError(code, 'Docker Engine 18.09 is too old: its API is 1.39', { hint: 'update it' });
      },
    });
    expect(await found(engineCheck, host, failing('engine-unsupported'))).toMatchObject([
      { state: 'fail', message: 'Docker Engine 18.09 is too old: its API is 1.39', why: 'update it' },
    ]);
    expect(await found(engineCheck, host, failing('engine-unreachable'))).toMatchObject([
      { state: 'fail', message: 'no container engine is installed', fix: ['faaso setup'] },
    ]);
  });
});

describe('doctor', () => {
  it('makes a finding of a check that breaks, and goes on with the others', async () => {
    const answer = await doctor({
      env: {},
      host: fakeHost({}),
      checks: [
        { name: 'broken', run: () => Promise.reject(new TypeError('boom')) },
        { name: 'well', run: async () => [{ state: 'ok', check: 'well', message: 'fine', fix: [] }] },
      ],
    });
    expect(answer).toMatchObject({ root: null, checks: 2, attention: 1, failed: true });
    expect(answer.findings.map(({ state, message }) => `${state} ${message}`)).toEqual([
      'fail boom',
      'ok fine',
    ]);
  });

  it('does not wait for a check that hangs', async () => {
    const answer = await doctor({
      env: {},
      host: fakeHost({}),
      checks: [{ name: 'slow', run: () => new Promise(() => undefined) }],
    });
    expect(answer.findings).toMatchObject([
      { state: 'fail', check: 'slow', message: 'no answer within 5 s' },
    ]);
  }, 15_000);

  it('prints words that a shell reads as they are', () => {
    expect(['a/b.c', '', "it's", 'a b', '$HOME'].map(word)).toEqual([
      'a/b.c',
      `''`,
      `'it'\\''s'`,
      `'a b'`,
      `'$HOME'`,
    ]);
    expect(writeFile(1000, '/etc/x', 'a=1\nb=2\n')).toBe(
      `printf '%s\\n' a=1 b=2 | sudo tee /etc/x > /dev/null`,
    );
  });
});
