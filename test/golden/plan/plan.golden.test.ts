import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

import { createPaint } from '../../../src/cli/render/paint.ts';
import { renderPlan } from '../../../src/cli/render/plan.ts';
import { desiredKey, hashOf, revisionOf } from '../../../src/core/hash.ts';
import type { ContainerSpec, Route } from '../../../src/core/specs.ts';
import type { AppliedRelease, Instance, InstanceStatus } from '../../../src/core/state.ts';
import { plan } from '../../../src/plan/plan.ts';
import type { DesiredFunction } from '../../../src/plan/plan.ts';
import { instanceOf, nameOf, releaseOf, routeOf, specOf } from '../../support/releases.ts';

/**
 * Above the line of dashes, as YAML: what is applied, what the files say, and what runs (a running container of each
 * applied release, unless `observed` says otherwise). Below it: the steps of each function, and the plan as people see it.
 */
const SEPARATOR = '\n----------\n';

/** One function. */
interface Written {
  /** File → content; what goes into the image. */
  readonly files?: Readonly<Record<string, unknown>>;
  readonly routes?: readonly string[];
  /** Further keys of each route. */
  readonly route?: Partial<Route>;
  readonly env?: Readonly<Record<string, string>>;
  /** Of the container's spec: limits by their key, `port`, `writable`, `health`. */
  readonly spec?: Readonly<Record<string, unknown>>;
  /** Whether the engine has the image. */
  readonly built?: boolean;
  readonly tests?: number;
  /** Of what is applied: a rollback went to it, to release `to`, when the files asked for `left`. */
  readonly rolledBack?: { readonly to: number; readonly left: Written };
}

type Observed = 'gone' | 'exited' | 'out of memory' | 'created' | 'lost port' | 'paused' | 'orphan';

interface Case {
  readonly applied?: Readonly<Record<string, Written>>;
  readonly desired?: Readonly<Record<string, Written>>;
  readonly observed?: Readonly<Record<string, Observed>>;
  readonly only?: readonly string[];
  readonly values?: boolean;
}

function release(
  name: string,
  { files = { 'handler.py': 1 }, routes = [], route = {}, env = {}, spec = {}, rolledBack }: Written,
): AppliedRelease {
  const base = specOf();
  const { limits, health, ...rest } = spec as Partial<ContainerSpec>;
  const container = {
    ...base,
    ...rest,
    env,
    limits: { ...base.limits, ...limits },
    health: { ...base.health, ...health },
  };
  return {
    ...releaseOf(name),
    revision: revisionOf([name, files]),
    spec: container,
    specHash: hashOf(container),
    routes: routes.map((text) => ({ ...routeOf(text, name), ...route })),
    appliedAt: 0,
    ...(rolledBack === undefined
      ? {}
      : { pin: { of: rolledBack.to, left: desiredKey(release(name, rolledBack.left)) } }),
    inputs: Object.fromEntries(Object.entries(files).map(([file, content]) => [file, hashOf(content)])),
  };
}

function desired(name: string, written: Written): DesiredFunction {
  const { built = true, tests = 0 } = written;
  return { ...release(name, written), name: nameOf(name), present: built, tests };
}

function observed(item: AppliedRelease, state: Observed | undefined): Instance[] {
  const exited = (exitCode: number, oomKilled: boolean): InstanceStatus => ({
    kind: 'exited',
    exitCode,
    oomKilled,
    finishedAt: 0,
  });
  switch (state) {
    case undefined:
    case 'orphan':
      return [instanceOf(item)];
    case 'gone':
      return [];
    case 'exited':
      return [instanceOf(item, { status: exited(3, false), portBound: false })];
    case 'out of memory':
      return [instanceOf(item, { status: exited(137, true), portBound: false })];
    case 'created':
      return [instanceOf(item, { status: { kind: 'created' }, portBound: false })];
    case 'paused':
      return [instanceOf(item, { status: { kind: 'paused' }, portBound: false })];
    case 'lost port':
      return [instanceOf(item, { portBound: false })];
  }
}

function result(input: Case): string {
  const applied = Object.entries(input.applied ?? {}).map(([name, written]) => release(name, written));
  const orphans = Object.entries(input.observed ?? {})
    .filter(([, state]) => state === 'orphan')
    .map(([name]) => release(name, {}));
  const made = plan({
    desired: Object.entries(input.desired ?? {}).map(([name, written]) => desired(name, written)),
    applied: Object.fromEntries(applied.map((item) => [item.function, { current: item, earlier: [] }])),
    observed: [...applied, ...orphans].flatMap((item) => observed(item, input.observed?.[item.function])),
    ...(input.only === undefined ? {} : { only: input.only.map(nameOf) }),
  });
  const steps = made.functions.map((item) => {
    const kinds = item.steps.map(({ step }) => step);
    return `${item.function}: ${item.action}${kinds.length === 0 ? '' : ` (${kinds.join(', ')})`}`;
  });
  const shown = renderPlan(made, 'faaso apply', input.values ?? false, createPaint(false));
  return [...steps, '', ...shown].join('\n');
}

describe('a plan', () => {
  const folder = import.meta.dirname;
  it.each(readdirSync(folder).filter((name) => name.endsWith('.txt')))('%s', async (name) => {
    const file = join(folder, name);
    const [input = ''] = readFileSync(file, 'utf8').split(SEPARATOR);
    await expect(`${input.trimEnd()}${SEPARATOR}${result(parse(input) as Case)}\n`).toMatchFileSnapshot(file);
  });
});
