import { readdirSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { formsOf, RUNTIMES } from './forms.ts';
import { CASES, EXCUSED } from './matrix.ts';

const names = CASES.map(({ name }) => name);
const forms = RUNTIMES.flatMap(formsOf).map(({ runtime, name }) => `${runtime}/${name}`);

describe('the matrix of forms and cases', () => {
  it.each(RUNTIMES)('templates/%s has fixtures', (runtime) => {
    expect(formsOf(runtime)).not.toEqual([]);
  });

  it.each(RUNTIMES)('templates/%s has a test file, which runs its column', (runtime) => {
    expect(readdirSync(import.meta.dirname)).toContain(`${runtime}.test.ts`);
  });

  it('excuses only forms and cases that exist, each with a reason', () => {
    const excuses = Object.entries(EXCUSED).flatMap(([form, cells]) =>
      Object.entries(cells).map(([name, reason]) => ({ form, name, reason })),
    );
    const stale = excuses.filter(({ form, name }) => !forms.includes(form) || !names.includes(name));
    expect(stale).toEqual([]);
    expect(excuses.filter(({ reason }) => reason.trim() === '')).toEqual([]);
  });

  it('runs every case in at least one form of every runtime', () => {
    const never = RUNTIMES.flatMap((runtime) =>
      names
        .filter((name) => formsOf(runtime).every((form) => EXCUSED[`${runtime}/${form.name}`]?.[name]))
        .map((name) => `${runtime}: ${name}`),
    );
    expect(never).toEqual([]);
  });

  it('has no two cases of one name, which would share an excuse', () => {
    expect(names).toEqual([...new Set(names)]);
  });
});
