import { describe, expect, test } from 'vitest';

import { groupHelp, overview, verbHelp } from '../../../src/cli/render/help.ts';
import { width } from '../../../src/cli/render/width.ts';
import { GROUPS, VERBS } from '../../../src/cli/verbs.ts';

const tooWide = (text: string): string[] => text.split('\n').filter((line) => width(line) > 80);

describe('the overview', () => {
  test('has every verb once', () => {
    const names = [...new Set(VERBS.map((verb) => verb.name.split(' ')[0] ?? ''))];
    for (const name of names) expect(overview().split(`\n  ${name} `)).toHaveLength(2);
  });

  test('fits on one screen of 80 columns', () => {
    expect(tooWide(overview())).toEqual([]);
    expect(overview().split('\n').length).toBeLessThan(46);
  });
});

describe('the help of a verb', () => {
  test.each(VERBS.map((verb) => [verb.name, verb] as const))('%s fits into 80 columns', (_name, verb) => {
    expect(tooWide(verbHelp(verb))).toEqual([]);
  });

  test.each(Object.keys(GROUPS))('of the group %s fits into 80 columns', (name) => {
    expect(tooWide(groupHelp(name))).toEqual([]);
  });
});
