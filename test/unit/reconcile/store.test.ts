import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { projectPaths } from '../../../src/core/paths.ts';
import type { ProjectPaths } from '../../../src/core/paths.ts';
import { withRelease } from '../../../src/reconcile/applied.ts';
import { openStore } from '../../../src/reconcile/store.ts';
import { appliedRelease, appliedState } from '../../support/releases.ts';
import { tempFolder } from '../../support/temp-folder.ts';

function paths(): ProjectPaths {
  return projectPaths(tempFolder(), { uid: 0 });
}

function write(place: ProjectPaths, text: string): void {
  mkdirSync(dirname(place.applied), { recursive: true });
  writeFileSync(place.applied, text);
}

describe('the applied state', () => {
  it('is nothing before the first commit, and reading it writes nothing', async () => {
    const place = paths();
    expect((await openStore(place)).read()).toBeUndefined();
    expect(readdirSync(dirname(place.home))).toEqual([]);
  });

  it('is what was committed last, for this process and the next', async () => {
    const place = paths();
    const store = await openStore(place);
    const first = await store.commit(() => appliedState(appliedRelease('sum')));
    expect(store.read()).toBe(first);
    await store.commit(() => withRelease(first, appliedRelease('constructor')));
    const again = (await openStore(place)).read();
    expect(again).toEqual(store.read());
    expect(Object.keys(again?.functions ?? {})).toEqual(['sum', 'constructor']);
  });

  it('answers nothing for names that nobody applied', async () => {
    const place = paths();
    await (await openStore(place)).commit(() => appliedState());
    expect((await openStore(place)).read()?.functions['constructor']).toBeUndefined();
  });

  it('is seen by its owner alone, and by no version control', async () => {
    const place = paths();
    const before = process.umask(0);
    try {
      await (await openStore(place)).commit(() => appliedState());
    } finally {
      process.umask(before);
    }
    const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8);
    expect([mode(place.home), mode(place.state), mode(place.applied)]).toEqual(['700', '700', '600']);
    expect(readFileSync(join(place.home, '.gitignore'), 'utf8')).toBe('*\n');
  });

  it('is changed by one at a time, each seeing what the one before did', async () => {
    const store = await openStore(paths());
    await store.commit(() => appliedState());
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        store.commit((before) => withRelease(before ?? appliedState(), appliedRelease(`f${index}`))),
      ),
    );
    expect(Object.keys(store.read()?.functions ?? {}).length).toBe(20);
    expect(store.read()?.generation).toBe(21);
  });

  it('stays as it was when a change throws or cannot be written, and takes the next one', async () => {
    const place = paths();
    const store = await openStore(place);
    const before = await store.commit(() => appliedState());
    const fails = store.commit(() => {
      throw new Error('no');
    });
    await expect(fails).rejects.toThrow('no');
    const unwritable = store.commit((state) => ({
      ...(state ?? appliedState()),
      name: 1n as unknown as string,
    }));
    await expect(unwritable).rejects.toThrow(TypeError);
    expect(store.read()).toBe(before);
    expect((await openStore(place)).read()).toEqual(before);
    await store.commit(() => appliedState(appliedRelease('sum')));
    expect(readdirSync(place.state)).toEqual(['applied.json']);
  });

  it('is forgotten when it is cleared', async () => {
    const place = paths();
    const store = await openStore(place);
    await store.commit(() => appliedState());
    await store.clear();
    await store.clear();
    expect([store.read(), (await openStore(place)).read()]).toEqual([undefined, undefined]);
  });
});

describe('a state file', () => {
  it.each(['', '{"format":1', '[]', 'null', '{}', '{"format":1}', '{"format":1,"functions":[]}'])(
    'that is damaged (%j) is moved aside and counts as lost',
    async (text) => {
      const place = paths();
      write(place, text);
      const store = await openStore(place);
      expect(store.read()).toBeUndefined();
      expect(readFileSync(`${place.applied}.unreadable`, 'utf8')).toBe(text);
      await store.commit(() => appliedState());
      expect((await openStore(place)).read()).toEqual(appliedState());
    },
  );

  it('of another version is left alone and named', async () => {
    const place = paths();
    write(place, '{"format":2,"functions":{}}');
    await expect(openStore(place)).rejects.toMatchObject({
      code: 'state-unreadable',
      message: `${place.applied} has format 2, this faaso writes 1`,
    });
    expect(readdirSync(place.state)).toEqual(['applied.json']);
  });

  it.skipIf(process.getuid?.() === 0)('that may not be read is an error, not a loss', async () => {
    const place = paths();
    write(place, '{}');
    chmodSync(place.applied, 0);
    await expect(openStore(place)).rejects.toMatchObject({ code: 'state-unreadable' });
  });

  it('whose folder is a file is an error that says whose it is', async () => {
    const place = paths();
    writeFileSync(place.home, '');
    const store = await openStore(place);
    await expect(store.commit(() => appliedState())).rejects.toMatchObject({ code: 'state-unreadable' });
  });
});
