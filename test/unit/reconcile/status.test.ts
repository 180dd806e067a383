import { describe, expect, it } from 'vitest';

import type { FunctionName } from '../../../src/core/names.ts';
import type { Instance } from '../../../src/core/state.ts';
import { noFailures } from '../../../src/reconcile/backoff.ts';
import { liveOf } from '../../../src/reconcile/live.ts';
import type { Live } from '../../../src/reconcile/live.ts';
import { functionRows } from '../../../src/reconcile/status.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { appliedRelease, appliedState, instanceOf, nameOf } from '../../support/releases.ts';

const release = appliedRelease('sum', { number: 3 });
const applied = appliedState(release);
const clock = new FakeClock();
const now = clock.now();

function live(change: Partial<Live>): ReadonlyMap<FunctionName, Live> {
  const records = new Map<FunctionName, Live>();
  Object.assign(liveOf({ live: records, clock }, nameOf('sum')), change);
  return records;
}

describe('a row of the status', () => {
  it('says what the daemon knows', () => {
    const instance = instanceOf(release);
    const target = { instance: instance.id, port: instance.port };
    const known = live({ state: 'running', reason: '', target });
    expect(functionRows({ applied, instances: [instance], live: known, now })).toEqual([
      {
        name: 'sum',
        state: 'running',
        reason: '',
        routes: ['/sum'],
        runtime: '',
        revision: release.revision.slice(0, 8),
        release: 3,
        pinned: null,
        instance: instance.id.slice(0, 12),
        port: 20_000,
        restarts: 0,
        lastRestart: null,
        failedApply: null,
        since: '2030-01-01T00:00:00.000Z',
        changed: [],
      },
    ]);
  });

  it('says what it was restarted for last when it runs again', () => {
    const failures = { ...noFailures, restarts: 2 };
    const lastFailure = { at: now - 5000, reason: 'its container exited with code 3' };
    const known = live({ state: 'running', reason: '', failures, lastFailure });
    const [row] = functionRows({ applied, instances: [], live: known, now });
    expect(row).toMatchObject({
      reason: '',
      restarts: 2,
      lastRestart: { at: '2029-12-31T23:59:55.000Z', reason: 'its container exited with code 3' },
    });
  });

  it('says of no restart before there was one of this release', () => {
    const known = live({ lastFailure: { at: now, reason: 'its container was removed' } });
    expect(functionRows({ applied, instances: [], live: known, now })).toMatchObject([{ lastRestart: null }]);
  });

  it('says how the last apply of it failed', () => {
    const failure = { at: '2029-12-31T23:00:00.000Z', step: 'run-tests', message: '1 of 2 tests failed' };
    const failed = [
      { function: nameOf('other'), ...failure, message: 'not this' },
      { function: nameOf('sum'), ...failure },
    ];
    expect(functionRows({ applied, instances: [], failed, now })).toMatchObject([{ failedApply: failure }]);
  });

  it('says when the next try comes', () => {
    const waiting = { failure: 'gone', until: now + 3500 };
    const known = live({ state: 'restarting', reason: 'its container was removed', waiting });
    const [row] = functionRows({ applied, instances: [], live: known, now });
    expect(row).toMatchObject({
      reason: 'its container was removed; next try in 4 s',
      instance: null,
      port: null,
    });
  });

  it.each<[string, readonly Instance[] | undefined, string, string]>([
    ['its container runs', [instanceOf(release)], 'running', ''],
    ['it has none', [], 'stopped', 'its container was removed'],
    [
      'its container lost its port',
      [instanceOf(release, { portBound: false })],
      'stopped',
      'its container lost port 20000',
    ],
    ['the engine does not answer', undefined, 'stopped', 'unknown: the engine does not answer'],
    [
      'a container of another release runs',
      [instanceOf(appliedRelease('sum', { version: 'v2' }))],
      'stopped',
      'its container was removed',
    ],
  ])('without a daemon, when %s', (_title, instances, state, reason) => {
    expect(functionRows({ applied, instances, now })).toMatchObject([{ state, reason }]);
  });

  it('comes sorted by name', () => {
    const several = appliedState(appliedRelease('b'), appliedRelease('a'));
    expect(functionRows({ applied: several, instances: [], now }).map((row) => row.name)).toEqual(['a', 'b']);
  });
});
