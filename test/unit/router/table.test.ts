import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { parseFunctionName, parseRoutePath } from '../../../src/core/names.ts';
import type { Route } from '../../../src/core/specs.ts';
import { compileRoutes, hostName, isDisguised, matchRoute } from '../../../src/router/table.ts';

const name = parseFunctionName('sum');

function route(path: string, host?: string): Route {
  const parsed = parseRoutePath(path);
  if (!parsed.ok || name === undefined) throw new Error(`bad path ${path}`);
  const rest = { path: parsed.path, function: name, stripPrefix: false, timeoutMs: 1, maxBodyBytes: 1 };
  return host === undefined ? rest : { ...rest, host };
}

/** The rule as it is written in the contract, without any thought of speed. */
function naive(routes: readonly Route[], host: string, path: string): Route | undefined {
  const prefixes = (candidate: Route): boolean =>
    candidate.path === '/' || path === candidate.path || path.startsWith(`${candidate.path}/`);
  const best = (group: readonly Route[]): Route | undefined =>
    group.filter(prefixes).toSorted((a, b) => b.path.length - a.path.length)[0];
  return (
    best(routes.filter((item) => item.host === host)) ??
    best(routes.filter((item) => item.host === undefined))
  );
}

describe('matching routes', () => {
  const segment = fc.constantFrom('a', 'b', 'ab', 'A', '%2F', 'a.b', '...');
  const path = fc.array(segment, { maxLength: 4 }).map((segments) => `/${segments.join('/')}`);
  const host = fc.constantFrom(undefined, 'x.org', 'y.org');
  const asked = fc
    .array(fc.oneof(segment, fc.constantFrom('', 'c', 'constructor')), { maxLength: 6 })
    .map((all) => `/${all.join('/')}`);

  test('it finds what the naive rule finds', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.record({ path, host }), {
          selector: (item) => `${item.host ?? ''} ${item.path}`,
          maxLength: 12,
        }),
        fc.constantFrom('x.org', 'y.org', 'z.org', ''),
        asked,
        (specs, wanted, target) => {
          const routes = specs.map((item) => route(item.path, item.host));
          const found = matchRoute(compileRoutes(routes), wanted, target);
          const expected = naive(routes, wanted, target);
          expect(found).toEqual(expected === undefined ? [] : [expected]);
        },
      ),
      { numRuns: 2000 },
    );
  });

  /** The least time for `count` look-ups of each path, in several rounds: what else the machine does only adds to it. */
  function cheapest(
    count: number,
    cases: readonly (readonly [readonly Route[], readonly string[]])[],
  ): number[] {
    const compiled = cases.map(([routes, paths]) => ({ matcher: compileRoutes(routes), paths }));
    const best = compiled.map(() => Infinity);
    for (let round = 0; round < 9; round++) {
      for (const [index, { matcher, paths }] of compiled.entries()) {
        const began = performance.now();
        for (let i = 0; i < count; i++) for (const path of paths) matchRoute(matcher, 'x.org', path);
        best[index] = Math.min(best[index] ?? Infinity, performance.now() - began);
      }
    }
    return best;
  }

  const many = Array.from({ length: 1000 }, (_, i) =>
    route(`/group${i % 7}/item${i}/deep`, i % 5 === 0 ? 'x.org' : undefined),
  );

  test('a look-up among 1000 routes costs about what it costs among 2', () => {
    const paths = ['/group3/item10/deep/x', '/none', '/group3/item10', '/group5/item5/deep'];
    const few = [many[5], many[10]].filter((item) => item !== undefined);
    const [ofMany = Infinity, ofFew = 0] = cheapest(2000, [
      [many, paths],
      [few, paths],
    ]);
    // One that looked at each route would take hundreds of times as long.
    expect(ofMany / ofFew).toBeLessThan(20);
  });

  test('a long path costs what its length costs, however many segments it has', () => {
    const paths = (length: number): string[] => [
      `/group3/item10/deep/${'a/'.repeat(length / 2)}`,
      `/group1/${'x'.repeat(length)}`,
    ];
    const [ofLong = Infinity, ofShort = 0] = cheapest(200, [
      [many, paths(16_000)],
      [many, paths(1600)],
    ]);
    // Ten times as long; its square would be a hundred.
    expect(ofLong / ofShort).toBeLessThan(50);
  });

  describe('a path that others may read as that of a guarded route', () => {
    const guarded = (path: string, host?: string): Route => ({ ...route(path, host), public: false });
    const open = route('/');
    const isFound = (routes: readonly Route[], path: string, host = 'x.org'): boolean => {
      const matcher = compileRoutes(routes);
      const [chosen] = matchRoute(matcher, host, path);
      return chosen !== undefined && isDisguised(matcher, host, path, chosen);
    };

    test.each([
      ['another host is not asked', [open, guarded('/admin', 'y.org')], '/ADMIN', false],
      ['the own host is asked', [open, guarded('/admin', 'x.org')], '/ADMIN', true],
      ['a host without guards stays', [route('/', 'x.org'), guarded('/admin')], '/ADMIN', false],
      ['a longer open route wins', [open, guarded('/a'), route('/A/b')], '/A/b', false],
      ['a route that is written so', [guarded('/caf%C3%A9'), open], '/caf%c3%a9', true],
      ['the route itself', [guarded('/a%20b'), open], '/a%20b', false],
      ['a guard before everything', [guarded('/')], '/%61', false],
      ['nothing is guarded', [open, route('/admin')], '/ADMIN', false],
    ])('%s', (_, routes, path, wanted) => {
      expect(isFound(routes, path)).toBe(wanted);
    });
  });

  test('host names are compared without port, case and final dot', () => {
    expect(['Example.ORG:80', 'example.org.', '[::1]:8080', '[::1]', '', undefined].map(hostName)).toEqual([
      'example.org',
      'example.org',
      '[::1]',
      '[::1]',
      '',
      '',
    ]);
  });
});
