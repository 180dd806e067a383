import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { hashOf, revisionOf } from '../../../src/core/hash.ts';
import type { ContainerSpec, Route } from '../../../src/core/specs.ts';
import type { AppliedFunction, Instance } from '../../../src/core/state.ts';
import { isEmpty } from '../../../src/core/steps.ts';
import type { StepKind } from '../../../src/core/steps.ts';
import { isUp, plan } from '../../../src/plan/plan.ts';
import type { DesiredFunction, PlanInput } from '../../../src/plan/plan.ts';
import { specReason, wordsOf } from '../../../src/plan/reasons.ts';
import { placeOf, routesReason } from '../../../src/plan/routes.ts';
import { instanceOf, nameOf, releaseOf, routeOf, specOf } from '../../support/releases.ts';

/** Few values, so that equal ones meet; `constructor` and `toString` are in every object unless one takes care. */
const names = fc.constantFrom('a', 'b', 'constructor', 'sum');
const keys = fc.constantFrom('LEVEL', 'constructor', 'toString');
const paths = fc.constantFrom('/', '/a', '/b [GET]', '/b [POST]', 'example.org/a');

const specs: fc.Arbitrary<ContainerSpec> = fc
  .record({
    env: fc.dictionary(keys, fc.constantFrom('', '1', '2'), { noNullPrototype: true }),
    port: fc.constantFrom(3000, 8000),
  })
  .map((change) => specOf(change));

function desiredOf(name: string): fc.Arbitrary<DesiredFunction> {
  return fc
    .record({
      version: fc.constantFrom('v1', 'v2'),
      spec: specs,
      routes: fc.uniqueArray(paths, { maxLength: 3 }),
      present: fc.boolean(),
      tests: fc.constantFrom(0, 2),
    })
    .map(({ version, spec, routes, present, tests }) => ({
      name: nameOf(name),
      revision: revisionOf([name, version]),
      image: `${name}:${version}`,
      present,
      inputs: { 'handler.py': hashOf(version), constructor: hashOf(version) },
      spec,
      specHash: hashOf(spec),
      routes: routes.map((text) => routeOf(text, name)),
      tests,
    }));
}

const files: fc.Arbitrary<readonly DesiredFunction[]> = fc
  .uniqueArray(names)
  .chain((list) => fc.tuple(...list.map((name) => desiredOf(name))));

const statuses = fc.constantFrom<Partial<Instance>>(
  {},
  { portBound: false },
  { portBound: false, status: { kind: 'exited', exitCode: 1, oomKilled: false, finishedAt: 0 } },
);

/** What is applied when `desired` was, and what runs then. */
function applied(desired: readonly DesiredFunction[]): Pick<PlanInput, 'applied' | 'observed'> {
  const releases = desired.map((item) => ({
    ...releaseOf(item.name),
    ...item,
    function: item.name,
    appliedAt: 0,
  }));
  return {
    applied: Object.fromEntries(
      releases.map((release): [string, AppliedFunction] => [
        release.function,
        { current: release, earlier: [] },
      ]),
    ),
    observed: releases.map((release) => instanceOf(release)),
  };
}

const inputs: fc.Arbitrary<PlanInput> = fc
  .record({ before: files, desired: files, statuses: fc.array(statuses, { minLength: 4, maxLength: 4 }) })
  .map(({ before, desired, statuses: changes }) => {
    const { applied: state, observed } = applied(before);
    return {
      desired,
      applied: state,
      observed: observed.map((instance, index) => ({ ...instance, ...changes[index] })),
    };
  });

const ORDER: readonly StepKind[] = [
  'build-image',
  'start-instance',
  'await-healthy',
  'run-tests',
  'commit',
  'switch-route',
  'drain-instance',
  'remove-instance',
  'prune',
];

describe('every plan', () => {
  it('is empty for what was just applied', () => {
    fc.assert(
      fc.property(files, (desired) => {
        expect(isEmpty(plan({ desired, ...applied(desired) }))).toBe(true);
      }),
    );
  });

  it('is not empty when anything differs', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const same =
          input.desired.length === Object.keys(input.applied).length &&
          input.desired.every((item) => {
            const current = input.applied[item.name]?.current;
            const runs = input.observed.some((instance) => instance.function === item.name && isUp(instance));
            return (
              runs &&
              current?.revision === item.revision &&
              current.specHash === item.specHash &&
              routesReason(current.routes, item.routes) === undefined
            );
          });
        expect(isEmpty(plan(input))).toBe(same);
      }),
    );
  });

  it('names a function at most once, in order', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const found = plan(input).functions.map((item) => item.function);
        expect(found).toEqual([...new Set(found)].sort());
      }),
    );
  });

  it('is the same in whatever order things are found', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const reversed = {
          ...input,
          desired: input.desired.toReversed(),
          observed: input.observed.toReversed(),
        };
        expect(plan(reversed)).toEqual(plan(input));
      }),
    );
  });

  it('has steps of its own function in their order, each with a reason that says something', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        for (const item of plan(input).functions) {
          expect(item.action === 'none').toBe(item.steps.length === 0);
          expect(item.steps.every((step) => step.function === item.function)).toBe(true);
          const order = item.steps.map(({ step }) => ORDER.indexOf(step));
          expect(order).toEqual(order.toSorted((a, b) => a - b));
          for (const { reason } of item.steps) {
            const detail = reason.kind === 'not-running' ? reason.detail : wordsOf(reason).join();
            expect(reason.kind === 'image-missing' || detail !== '').toBe(true);
          }
        }
      }),
    );
  });

  it('is for the named functions alone when some are named', () => {
    fc.assert(
      fc.property(inputs, fc.uniqueArray(names), (input, list) => {
        const only = list.map((name) => nameOf(name));
        const some = plan({ ...input, only }).functions;
        const all = plan(input).functions.filter(
          (item) => only.includes(item.function) && item.action !== 'remove',
        );
        expect(some).toEqual(all);
      }),
    );
  });
});

describe('the reason', () => {
  it('for another spec hash is never without a word, even when no known key differs', () => {
    expect(specReason(specOf(), specOf())).toEqual({
      kind: 'spec-changed',
      changes: [{ key: 'container settings' }],
    });
  });

  it('names a route by host, path and methods', () => {
    const route: Route = routeOf('example.org/sum [POST, GET]', 'sum');
    expect(placeOf(route)).toBe('example.org/sum [GET, POST]');
  });

  it('says which keys of a route changed, and nothing of who may call it', () => {
    const before = [routeOf('/sum', 'sum')];
    const key = { keys: { ci: 'a'.repeat(64) }, basic: {} };
    const after = routeOf('/sum', 'sum', {
      timeoutMs: 1000,
      auth: key,
      rateLimit: { requests: 5, perMs: 60_000, burst: 5, by: 'client' },
      public: false,
    });
    const from = routeOf('/sum', 'sum').timeoutMs;
    const reason = routesReason(before, [after]);
    expect(reason).toEqual({
      kind: 'routes-changed',
      added: [],
      removed: [],
      changed: [
        {
          route: '/sum',
          changes: [
            { key: 'timeout', from: `${from / 1000}s`, to: '1s' },
            { key: 'rate_limit', from: 'none', to: '5/m (burst 5, by client)' },
            { key: 'public', from: 'true', to: 'false' },
            { key: 'auth', from: 'none', to: 'wanted' },
          ],
        },
      ],
    });
    const other = { ...after, auth: { keys: { ci: 'b'.repeat(64) }, basic: {} } };
    expect(routesReason([after], [other])).toMatchObject({
      changed: [{ route: '/sum', changes: [{ key: 'auth keys', names: ['~ci'] }] }],
    });
    expect(routesReason(before, [routeOf('/sum', 'sum')])).toBeUndefined();
  });
});
