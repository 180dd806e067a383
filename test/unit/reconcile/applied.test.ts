import { METHODS } from 'node:http';

import { describe, expect, it } from 'vitest';

import type { Route } from '../../../src/core/specs.ts';
import type { Applied } from '../../../src/core/state.ts';
import {
  functionsFromLabels,
  routesFor,
  withoutFunction,
  withRelease,
} from '../../../src/reconcile/applied.ts';
import { placeOf } from '../../../src/plan/routes.ts';
import {
  appliedRelease,
  appliedState,
  instanceOf,
  nameOf,
  releaseOf,
  routeOf,
} from '../../support/releases.ts';

/** `function: routes` of every applied function. */
function served(state: Applied): Record<string, string[]> {
  return Object.fromEntries(
    Object.entries(state.functions).map(([name, { current }]) => [name, current.routes.map(placeOf)]),
  );
}

/** What a rollout of `name` commits while the files say `desired`. */
function commit(state: Applied, name: string, desired: readonly Route[], version = 'v2'): Applied {
  const routes = routesFor(nameOf(name), desired, state);
  return withRelease(state, { ...appliedRelease(name, { version }), routes });
}

describe('a new release', () => {
  it('keeps the two before it for rollback', () => {
    let state = appliedState();
    for (const number of [1, 2, 3, 4]) {
      state = withRelease(state, appliedRelease('sum', { number, version: `v${number}` }));
    }
    const item = state.functions['sum'];
    expect(item?.current.number).toBe(4);
    expect(item?.earlier.map((release) => release.number)).toEqual([3, 2]);
    expect(state.generation).toBe(5);
  });

  it('that changes routes alone pushes no code out', () => {
    const releases = [
      { number: 1, version: 'v1' },
      { number: 2, version: 'v2' },
      ...[3, 4, 5, 6].map((number) => ({ number, version: 'v3', routes: [`/${number}`] })),
    ];
    const state = releases.reduce(
      (before, release) => withRelease(before, appliedRelease('sum', release)),
      appliedState(),
    );
    const kept = state.functions['sum']?.earlier.map((release) => release.number);
    expect(kept).toEqual([5, 4, 2, 1]);
    const next = withRelease(state, appliedRelease('sum', { number: 7, version: 'v4' }));
    expect(next.functions['sum']?.earlier.map((release) => release.number)).toEqual([6, 5, 4, 2]);
  });

  it('changes nothing of other functions', () => {
    const before = appliedState(appliedRelease('mul'), appliedRelease('sum'));
    const after = withRelease(before, appliedRelease('sum', { version: 'v2' }));
    expect(after.functions['mul']).toBe(before.functions['mul']);
  });

  it('may be of a function named constructor', () => {
    const after = withRelease(
      withRelease(appliedState(), appliedRelease('sum')),
      appliedRelease('constructor'),
    );
    expect(after.functions['constructor']?.earlier).toEqual([]);
    expect(withoutFunction(after, nameOf('constructor')).functions['constructor']).toBeUndefined();
  });
});

describe('a path that moves', () => {
  it('goes over with the release that asks for it', () => {
    const before = appliedState(
      appliedRelease('sum', { routes: ['/x'] }),
      appliedRelease('mul', { routes: [] }),
    );
    const after = commit(before, 'mul', [routeOf('/x', 'mul')]);
    expect(served(after)).toEqual({ sum: [], mul: ['/x'] });
  });

  it('stays where it is until then', () => {
    const before = appliedState(
      appliedRelease('sum', { routes: ['/x', '/y'] }),
      appliedRelease('mul', { routes: [] }),
    );
    expect(routesFor(nameOf('sum'), [routeOf('/x', 'mul')], before).map(placeOf)).toEqual(['/x']);
  });

  it('stays where it is when the function that asks for it was never applied', () => {
    const before = appliedState(appliedRelease('sum', { routes: ['/x'] }));
    expect(routesFor(nameOf('sum'), [routeOf('/x', 'new')], before).map(placeOf)).toEqual(['/x']);
  });

  it('is gone when nobody asks for it', () => {
    const before = appliedState(appliedRelease('sum', { routes: ['/x', '/y'] }));
    expect(routesFor(nameOf('sum'), [routeOf('/y', 'sum')], before).map(placeOf)).toEqual(['/y']);
  });

  it('is another path on another host', () => {
    const before = appliedState(
      appliedRelease('sum', { routes: ['a.example/x', '/x'] }),
      appliedRelease('mul', { routes: [] }),
    );
    const after = commit(before, 'mul', [routeOf('a.example/x', 'mul'), routeOf('/x', 'sum')]);
    expect(served(after)).toEqual({ sum: ['/x'], mul: ['a.example/x'] });
  });

  it('swaps with another in either order', () => {
    const before = appliedState(
      appliedRelease('a', { routes: ['/a'] }),
      appliedRelease('b', { routes: ['/b'] }),
    );
    const desired = [routeOf('/b', 'a'), routeOf('/a', 'b')];
    for (const order of [
      ['a', 'b'],
      ['b', 'a'],
    ]) {
      const after = order.reduce((state, name) => commit(state, name, desired), before);
      expect(served(after)).toEqual({ a: ['/b'], b: ['/a'] });
    }
  });

  it('keeps both paths answered when one half of a swap fails', () => {
    const before = appliedState(
      appliedRelease('a', { routes: ['/a'] }),
      appliedRelease('b', { routes: ['/b'] }),
    );
    const after = commit(before, 'a', [routeOf('/b', 'a'), routeOf('/a', 'b')]);
    expect(served(after)).toEqual({ a: ['/b', '/a'], b: [] });
  });
});

describe('methods of one path', () => {
  const state = appliedState(
    appliedRelease('a', { routes: ['/x [GET, POST]'] }),
    appliedRelease('b', { routes: [] }),
  );
  const desired = [routeOf('/x [POST]', 'a'), routeOf('/x [GET]', 'b')];

  it('move one by one', () => {
    const after = commit(state, 'b', desired);
    expect(served(after)).toEqual({ a: ['/x [POST]'], b: ['/x [GET]'] });
  });

  it('stay until the function that asks for them serves them', () => {
    expect(routesFor(nameOf('a'), desired, state).map(placeOf)).toEqual(['/x [POST]', '/x [GET]']);
  });

  it('leave the others where a route had all of them', () => {
    const all = appliedState(appliedRelease('a', { routes: ['/x'] }), appliedRelease('b', { routes: [] }));
    const after = commit(all, 'b', [routeOf('/x [GET]', 'b')]);
    const left = after.functions['a']?.current.routes[0]?.methods;
    expect(left).toEqual(METHODS.filter((method) => !['CONNECT', 'GET', 'TRACE'].includes(method)).sort());
  });
});

describe('a state rebuilt from labels', () => {
  it('takes the older of two running instances: the younger may never have been committed', () => {
    const [old, young] = [releaseOf('sum'), releaseOf('sum', { version: 'v2' })];
    const functions = functionsFromLabels([
      instanceOf(young, { createdAt: 2 }),
      instanceOf(old, { createdAt: 1 }),
    ]);
    expect(functions['sum']?.current).toEqual({ ...old, appliedAt: 1, inputs: {} });
  });

  it('takes a running instance before one that stopped', () => {
    const [old, young] = [releaseOf('sum'), releaseOf('sum', { version: 'v2' })];
    const exited = { kind: 'exited', exitCode: 1, oomKilled: false, finishedAt: 1 } as const;
    const functions = functionsFromLabels([
      instanceOf(old, { createdAt: 1, status: exited, portBound: false }),
      instanceOf(young, { createdAt: 2 }),
    ]);
    expect(functions['sum']?.current.revision).toBe(young.revision);
  });

  it('knows functions whose containers all stopped, as after a reboot', () => {
    const exited = { kind: 'exited', exitCode: 0, oomKilled: false, finishedAt: 1 } as const;
    const functions = functionsFromLabels([instanceOf(releaseOf('sum'), { status: exited })]);
    expect(Object.keys(functions)).toEqual(['sum']);
  });

  it('gives a path that two labels claim to the younger instance', () => {
    const functions = functionsFromLabels([
      instanceOf(releaseOf('sum', { routes: ['/x'] }), { createdAt: 2 }),
      instanceOf(releaseOf('mul', { routes: ['/x', '/mul'] }), { createdAt: 1 }),
    ]);
    expect(served({ ...appliedState(), functions })).toEqual({ mul: ['/mul'], sum: ['/x'] });
  });

  it('leaves out what carries no readable release', () => {
    const { release: _release, ...unreadable } = instanceOf(releaseOf('sum'));
    expect(Object.keys(functionsFromLabels([unreadable]))).toEqual([]);
  });
});
