import { expect, test } from 'vitest';

import { parseFunctionName, parseRoutePath } from '../../../src/core/names.ts';
import type { Route } from '../../../src/core/specs.ts';
import { withAccessAtLeast, withAccessOf } from '../../../src/reconcile/access.ts';

const key = (digit: string): Pick<Route, 'auth'> => ({
  auth: { keys: { ci: digit.repeat(64) }, basic: {} },
});

function route(path: string, more: Partial<Route> = {}): Route {
  const parsed = parseRoutePath(path);
  const name = parseFunctionName('sum');
  if (!parsed.ok || name === undefined) throw new Error(path);
  return { path: parsed.path, function: name, stripPrefix: true, timeoutMs: 1000, maxBodyBytes: 10, ...more };
}

test('a release that comes back has the access that holds now, and limits of its own', () => {
  const rate = { rateLimit: { requests: 1, perMs: 1, burst: 1, by: 'client' as const } };
  expect(withAccessOf([route('/a', key('1'))], [route('/a', key('2'))])).toEqual([route('/a', key('2'))]);
  expect(withAccessOf([route('/a')], [route('/a', { ...key('2'), public: false })])).toEqual([
    route('/a', { ...key('2'), public: false }),
  ]);
  expect(withAccessOf([route('/a', { ...key('1'), ...rate })], [route('/a')])).toEqual([route('/a', rate)]);
  expect(withAccessOf([route('/a', key('1'))], [route('/b')])).toEqual([route('/a', key('1'))]);
});

test('of several routes of a path the one with the same methods counts', () => {
  const now = [route('/a', { methods: ['GET'] }), route('/a', { methods: ['POST'], ...key('2') })];
  expect(withAccessOf([route('/a', { methods: ['POST'] })], now)).toEqual([
    route('/a', { methods: ['POST'], ...key('2') }),
  ]);
});

test('what a label tells loses no protection that the files ask for, nor its own', () => {
  expect(withAccessAtLeast([route('/a')], [route('/a', key('2'))])).toEqual([route('/a', key('2'))]);
  expect(withAccessAtLeast([route('/a', key('1'))], [route('/a', key('2'))])).toEqual([
    route('/a', key('2')),
  ]);
  expect(withAccessAtLeast([route('/a', key('1'))], [route('/a')])).toEqual([route('/a', key('1'))]);
  expect(withAccessAtLeast([route('/a', key('1'))], [])).toEqual([route('/a', key('1'))]);
});
