import { describe, expect, it } from 'vitest';

import type { Leftover } from '../../../src/core/disk.ts';
import { recordOf } from '../../../src/core/record.ts';
import type { Applied, AppliedFunction, Release } from '../../../src/core/state.ts';
import type { ContainerTrace, ImageSummary, VolumeSummary } from '../../../src/engine/engine.ts';
import { helperLabels, imageLabels } from '../../../src/engine/labels.ts';
import { leftovers } from '../../../src/reconcile/leftovers.ts';
import type { LeftoverFacts } from '../../../src/reconcile/leftovers.ts';
import { appliedRelease, appliedState, instanceOf, nameOf, releaseOf } from '../../support/releases.ts';

const NOW = Date.UTC(2030, 0, 1);
const DEMO = { name: 'demo', root: '/demo' };
const OTHER = { name: 'demo', root: '/other' };

function imageOf(release: Release, change: Partial<ImageSummary> = {}): ImageSummary {
  return {
    id: `sha256:${release.revision}`,
    tags: [release.image],
    labels: imageLabels(DEMO, release.function, release.revision),
    sizeBytes: 100,
    createdAt: 0,
    ...change,
  };
}

function volumeOf(change: Partial<VolumeSummary>): VolumeSummary {
  const volume = change.volume ?? 'cache';
  return {
    name: `faaso-demo-${volume}`,
    project: DEMO,
    kind: 'data',
    volume,
    inUse: false,
    createdAt: 0,
    ...change,
  };
}

function traceOf(labels: ContainerTrace['labels'], createdAt = 0): ContainerTrace {
  return { id: 'c1', name: 'one', labels, running: false, published: [], createdAt };
}

function factsOf(change: Partial<LeftoverFacts>): LeftoverFacts {
  return {
    project: 'demo',
    roots: new Set(['/demo']),
    applied: undefined,
    others: [],
    files: { images: new Map(), volumes: new Set() },
    images: [],
    formerImages: [],
    instances: [],
    containers: [],
    volumes: [],
    testing: false,
    runFolders: [],
    halfWritten: [],
    now: NOW,
    ...change,
  };
}

/** What is found, in short: what it is removed by, why, and with which option. */
function found(change: Partial<LeftoverFacts>): readonly (readonly [string, string, Leftover['option']])[] {
  return leftovers(factsOf(change)).map(({ id, reason, option }) => [id, reason, option]);
}

function appliedWith(name: string, versions: readonly string[]): Applied {
  const [current, ...earlier] = versions.map((version) => appliedRelease(name, { version }));
  if (current === undefined) throw new Error('no version');
  return {
    ...appliedState(),
    functions: recordOf<AppliedFunction>([[name, { current, earlier }]]),
  };
}

describe('an image', () => {
  const [v1, v2, v3] = ['v1', 'v2', 'v3'].map((version) => releaseOf('sum', { version })) as [
    Release,
    Release,
    Release,
  ];
  const sum = nameOf('sum');
  const filesOf = (image?: string): NonNullable<LeftoverFacts['files']> => ({
    images: new Map([[sum, image]]),
    volumes: new Set(),
  });

  it('of the applied release stays; of an earlier one it is kept for a rollback; any other goes', () => {
    const applied = appliedWith('sum', ['v3', 'v2']);
    const images = [v1, v2, v3].map((release) => imageOf(release));
    expect(found({ applied, images, files: filesOf(v3.image) })).toEqual([
      [v1.image, 'superseded', null],
      [v2.image, 'rollback', '--all'],
    ]);
  });

  it('of a former name goes with --all, but for the tags that people gave it', () => {
    const old = { ...releaseOf('sum'), image: 'faaso/old/sum:1' };
    const labels = imageLabels({ ...DEMO, name: 'old' }, old.function, old.revision);
    const formerImages = [
      imageOf(old, { labels, tags: [old.image, 'mine:1'] }),
      imageOf(old, { labels, tags: [], id: 'sha256:0123456789abcdef' }),
    ];
    expect(found({ formerImages })).toEqual([
      [old.image, 'former-name', '--all'],
      ['sha256:0123456789abcdef', 'former-name', '--all'],
    ]);
  });

  it('that the files ask for waits for its apply', () => {
    const applied = appliedWith('sum', ['v1']);
    expect(found({ applied, images: [imageOf(v2)], files: filesOf(v2.image) })).toEqual([
      [v2.image, 'not-applied', '--all'],
    ]);
    expect(found({ images: [imageOf(v1), imageOf(v2)], files: filesOf(v2.image) })).toEqual([
      [v1.image, 'superseded', null],
      [v2.image, 'not-applied', '--all'],
    ]);
  });

  it('of a function that is not applied waits where nobody can say what the files ask for', () => {
    expect(found({ images: [imageOf(v1)], files: filesOf(undefined) })).toEqual([
      [v1.image, 'not-applied', '--all'],
    ]);
    const { files: _none, ...facts } = factsOf({ images: [imageOf(v1)] });
    expect(leftovers(facts)).toMatchObject([{ reason: 'not-applied', option: '--all' }]);
  });

  it('of a function that neither files nor state know goes', () => {
    expect(found({ applied: appliedWith('multiply', ['v1']), images: [imageOf(v1)] })).toEqual([
      [v1.image, 'function-gone', null],
    ]);
  });

  it('that a container is of stays, whoever started it', () => {
    const images = [imageOf(v1)];
    expect(found({ images, instances: [instanceOf(v1)] })).toEqual([]);
    const byHand = traceOf(imageLabels(OTHER, sum, v1.revision));
    expect(found({ images, containers: [byHand] })).toEqual([]);
  });

  it('that a project of the same name in another folder keeps stays, whatever its label says', () => {
    const other = { ...appliedWith('sum', ['v2', 'v1']), root: '/other' };
    const images = [v1, v2, v3].map((release) =>
      imageOf(release, { labels: imageLabels(DEMO, sum, release.revision) }),
    );
    expect(found({ others: [other], images })).toEqual([[v3.image, 'function-gone', null]]);
  });

  it('goes whichever folder it was built in', () => {
    const labels = imageLabels({ name: 'demo', root: '/gone' }, sum, v1.revision);
    expect(found({ images: [imageOf(v1, { labels })] })).toEqual([[v1.image, 'function-gone', null]]);
  });

  it('loses only tags of ours, and frees nothing while another is left', () => {
    const image = imageOf(v1, { tags: ['mine:1', v1.image, 'faaso/demos/sum:1', 'faaso/demo/Sum:1'] });
    const usage = { images: { [image.id]: { sizeBytes: 9, uniqueBytes: 7 } }, instances: {}, volumes: {} };
    expect(leftovers(factsOf({ images: [image], usage }))).toMatchObject([{ id: v1.image, bytes: 0 }]);
    const alone = imageOf(v1);
    expect(leftovers(factsOf({ images: [alone], usage }))).toMatchObject([{ id: v1.image, bytes: 7 }]);
  });

  it('without a tag goes unless an instance is of it', () => {
    const image = imageOf(v1, { tags: [] });
    expect(found({ images: [image] })).toEqual([[image.id, 'untagged', null]]);
    expect(found({ images: [image], instances: [instanceOf(v1, { imageId: image.id })] })).toEqual([]);
  });
});

describe('a container', () => {
  const sum = releaseOf('sum');
  const test = { purpose: 'test', name: 't' } as const;

  it('of a test goes when no test goes on, and its image with it', () => {
    const one = instanceOf(sum, { ...test, createdAt: NOW });
    const facts = { instances: [one], images: [imageOf(sum)] };
    expect(found(facts)).toEqual([
      [one.id, 'test-over', null],
      [sum.image, 'function-gone', null],
    ]);
    expect(found({ ...facts, testing: true })).toEqual([]);
  });

  it('that serves stays, and so does what another folder runs', () => {
    expect(found({ instances: [instanceOf(sum, { createdAt: 0 })] })).toEqual([]);
    expect(found({ instances: [instanceOf(sum, { ...test, project: OTHER })] })).toEqual([]);
  });

  it('that filled a volume goes when its start is long over', () => {
    const labels = helperLabels(DEMO, nameOf('sum'));
    expect(found({ containers: [traceOf(labels, NOW - 300_001)] })).toEqual([['c1', 'helper', null]]);
    expect(found({ containers: [traceOf(labels, NOW - 1000)] })).toEqual([]);
    expect(found({ containers: [traceOf(helperLabels(OTHER, nameOf('sum')))] })).toEqual([]);
  });

  it('that somebody started from our image by hand stays', () => {
    expect(found({ containers: [traceOf(imageLabels(DEMO, nameOf('sum'), sum.revision))] })).toEqual([]);
  });
});

describe('a volume', () => {
  it('with data goes only with its option, when neither files, releases nor containers name it', () => {
    const volumes = ['files', 'now', 'before', 'runs', 'nobody'].map((volume) => volumeOf({ volume }));
    const current = appliedRelease('sum', { spec: { volumes: { now: '/a' } } });
    const earlier = [appliedRelease('sum', { version: 'v0', spec: { volumes: { before: '/a' } } })];
    const applied = { ...appliedState(), functions: recordOf([['sum', { current, earlier }]]) };
    const instances = [instanceOf(releaseOf('sum', { spec: { volumes: { runs: '/a' } } }))];
    const files = { images: new Map(), volumes: new Set(['files']) };
    expect(found({ volumes, applied, instances, files })).toEqual([
      ['faaso-demo-nobody', 'not-named', '--volumes'],
    ]);
  });

  it('with data stays where the files cannot be read, a container mounts it, or another folder has it', () => {
    const { files: _none, ...unread } = factsOf({ volumes: [volumeOf({})] });
    expect(leftovers(unread)).toEqual([]);
    expect(found({ volumes: [volumeOf({ inUse: true })] })).toEqual([]);
    expect(found({ volumes: [volumeOf({ project: OTHER })] })).toEqual([]);
    const release = appliedRelease('sum', { spec: { volumes: { cache: '/a' } } });
    expect(found({ volumes: [volumeOf({})], others: [appliedState(release)] })).toEqual([]);
  });

  it('with secrets goes when its instance is gone, and not while one is being started', () => {
    const secrets = { kind: 'secrets', volume: '', name: 's' } as const;
    expect(found({ volumes: [volumeOf({ ...secrets, createdAt: NOW - 300_001 })] })).toEqual([
      ['s', 'instance-gone', null],
    ]);
    expect(found({ volumes: [volumeOf({ ...secrets, createdAt: NOW })] })).toEqual([]);
    expect(found({ volumes: [volumeOf({ ...secrets, inUse: true })] })).toEqual([]);
  });
});
