import { describe, expect, it } from 'vitest';

import {
  helperLabels,
  instanceLabels,
  instanceName,
  LABELS,
  matches,
  ownerOf,
  parseInstanceLabels,
  parseVolumeLabels,
  projectLabels,
  secretsLabels,
  volumeLabels,
} from '../../../src/engine/labels.ts';
import type { Release } from '../../../src/core/state.ts';
import { decodeRelease } from '../../../src/engine/release-label.ts';
import { functionName, releaseOf } from '../../contract/engine/harness.ts';

const project = { name: 'demo', root: '/srv/demo with = and "quotes"' };
const release = releaseOf(functionName('sum'), 'faaso/demo/sum:0', {
  env: { TEXT: 'a=b\n"é€😀"', EMPTY: '' },
  writable: ['/var/cache'],
});
const request = { project, release, port: 20_000, attempt: 0 };
const labels = instanceLabels(request);

describe('labels', () => {
  it('hold all that identifies an instance, and its whole release', () => {
    expect(parseInstanceLabels(labels)).toEqual({
      project,
      purpose: 'serve',
      function: 'sum',
      revision: release.revision,
      specHash: release.specHash,
      port: 20_000,
      release,
    });
  });

  it('hold what protects a route; one that cannot be read leaves no release that would lack it', () => {
    const [route] = release.routes;
    if (route === undefined) throw new Error('it has a route');
    const guarded: Release = {
      ...release,
      routes: [
        {
          ...route,
          auth: { keys: { ci: 'ab'.repeat(32) }, basic: { ada: 'scrypt:…' } },
          concurrency: { requests: 2, queue: 3, waitMs: 4 },
          rateLimit: { requests: 1, perMs: 2, burst: 3, by: 'key' },
          public: false,
          accessLog: true,
        },
      ],
    };
    const text = JSON.stringify(guarded);
    expect(decodeRelease(text)).toEqual(guarded);
    for (const [whole, broken] of [
      ['"auth":{', '"auth":[],"x":{'],
      ['"keys":', '"kees":'],
      ['"public":false', '"public":"no"'],
      ['"requests":2', '"requests":"2"'],
    ] as const) {
      expect(text).toContain(whole);
      expect(decodeRelease(text.replace(whole, broken))).toBeUndefined();
    }
  });

  it.each([
    [LABELS.managed, 'yes'],
    [LABELS.project, 'Not a name'],
    [LABELS.function, '-'],
    [LABELS.revision, 'xyz'],
    [LABELS.port, '0'],
    [LABELS.port, '65536'],
    [LABELS.port, '1e3'],
  ])('with %s = %s are not those of an instance', (key, value) => {
    expect(parseInstanceLabels({ ...labels, [key]: value })).toBeUndefined();
  });

  it.each(['managed', 'project', 'root', 'function', 'revision', 'spec', 'port'] as const)(
    'without %s are not those of an instance',
    (key) => {
      const { [LABELS[key]]: _, ...rest } = labels;
      expect(parseInstanceLabels(rest)).toBeUndefined();
    },
  );

  it('of a container that only fills volumes are not those of an instance, whatever its image brought', () => {
    const helper = { ...labels, ...helperLabels(project, release.function) };
    expect(parseInstanceLabels(helper)).toBeUndefined();
    expect(ownerOf(helper)).toBeUndefined();
  });

  it('of volumes tell data from secrets, and nothing of a volume that is not ours', () => {
    expect(parseVolumeLabels(volumeLabels(project, 'cache'))).toEqual({
      project,
      kind: 'data',
      volume: 'cache',
    });
    expect(parseVolumeLabels(secretsLabels(project, release.function))).toEqual({
      project,
      kind: 'secrets',
      volume: '',
    });
    const { [LABELS.managed]: _, ...foreign } = volumeLabels(project, 'cache');
    expect(parseVolumeLabels(foreign)).toBeUndefined();
    expect(parseVolumeLabels(projectLabels(project))).toBeUndefined();
    expect(matches(volumeLabels(project, 'cache'), { project: 'demo', function: release.function })).toBe(
      false,
    );
  });

  it('without a readable release still identify the instance', () => {
    expect(parseInstanceLabels({ ...labels, [LABELS.release]: 'x' })).toEqual({
      ...ownerOf(labels),
      purpose: 'serve',
      revision: release.revision,
      specHash: release.specHash,
      port: 20_000,
    });
  });

  it('match a selector whose every field is equal, and only when faaso manages them', () => {
    expect(matches(labels, {})).toBe(true);
    expect(matches(labels, { project: 'demo', root: project.root, function: functionName('sum') })).toBe(
      true,
    );
    expect(matches(labels, { project: 'demo', root: '/elsewhere' })).toBe(false);
    expect(matches({ ...labels, [LABELS.managed]: '' }, {})).toBe(false);
  });
});

describe('a release from a label', () => {
  const text = labels[LABELS.release] ?? '';
  const change = (edit: (value: Record<string, unknown>) => void): string => {
    const value = JSON.parse(text) as Record<string, unknown>;
    edit(value);
    return JSON.stringify(value);
  };

  it('loses keys that this version does not know', () => {
    expect(decodeRelease(change((value) => (value['later'] = 1)))).toEqual(release);
  });

  it.each([
    ['no JSON', '{'],
    ['no object', '[]'],
    ['null', 'null'],
    ['a number as text', change((value) => (value['number'] = '1'))],
    ['a function that is no name', change((value) => (value['function'] = '../x'))],
    ['no limits', change((value) => (value['spec'] = { port: 1 }))],
    ['a route that is no path', change((value) => (value['routes'] = [{ path: 'x' }]))],
  ])('is undefined when it is %s', (_, broken) => {
    expect(decodeRelease(broken)).toBeUndefined();
  });
});

it('names a container by its project, function and what it runs, with the attempt from the second on', () => {
  expect(instanceName(request)).toMatch(/^faaso-demo-sum-[0-9a-f]{8}$/);
  expect(instanceName({ ...request, attempt: 2 })).toBe(`${instanceName(request)}-2`);
  const other = { ...request, release: { ...release, specHash: 'other' } };
  expect(instanceName(other)).not.toBe(instanceName(request));
});
