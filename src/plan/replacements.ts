/** Plans of what is asked for single functions, whatever the files say. Pure. */
import type { FunctionName } from '../core/names.ts';
import type { AppliedRelease, Instance, Release } from '../core/state.ts';
import type { FunctionPlan, Reason, StepKind } from '../core/steps.ts';
import { isOfRelease, isUp } from './plan.ts';
import { routesReason } from './routes.ts';

/** A restart: beside the instance where one is up, else as the reconciler brings it back. */
export function planRestart(current: AppliedRelease, observed: readonly Instance[]): FunctionPlan {
  const isServing = observed.some(
    (instance) => instance.function === current.function && isOfRelease(instance, current) && isUp(instance),
  );
  const kinds: StepKind[] = ['start-instance', 'await-healthy', 'switch-route'];
  if (isServing) kinds.push('drain-instance', 'remove-instance');
  return planned(current.function, 'restart', kinds, [{ kind: 'restart-asked' }]);
}

/** A rollback. `next` is what becomes the current release; it repeats release number `to`. */
export function planRollback(current: AppliedRelease, next: Release, to: number): FunctionPlan {
  const routes = routesReason(current.routes, next.routes);
  const reasons: Reason[] = [{ kind: 'rolled-back', to }, ...(routes === undefined ? [] : [routes])];
  return planned(current.function, 'replace', REPLACE, reasons);
}

/** The new value of a secret. */
export function planRotation(current: AppliedRelease, secret: string): FunctionPlan {
  const changes = [{ key: `secret ${secret}` }];
  return planned(current.function, 'replace', REPLACE, [{ kind: 'spec-changed', changes }]);
}

/** Nothing is to be done. */
export function planNothing(name: FunctionName): FunctionPlan {
  return { function: name, action: 'none', steps: [] };
}

const REPLACE: readonly StepKind[] = [
  'start-instance',
  'await-healthy',
  'commit',
  'switch-route',
  'drain-instance',
  'remove-instance',
];

function planned(
  name: FunctionName,
  action: FunctionPlan['action'],
  kinds: readonly StepKind[],
  reasons: readonly Reason[],
): FunctionPlan {
  const steps = kinds.flatMap((step) =>
    reasons
      .filter((reason, index) => (reason.kind === 'routes-changed' ? step === 'switch-route' : index === 0))
      .map((reason) => ({ function: name, step, reason })),
  );
  return { function: name, action, steps };
}
