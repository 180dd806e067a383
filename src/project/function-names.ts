/** Names of functions that somebody typed. */
import { closest } from '../config/suggest.ts';
import { FaasoError } from '../core/errors.ts';
import type { FunctionName } from '../core/names.ts';
import type { Project } from '../core/specs.ts';
import type { Applied } from '../core/state.ts';

/** The function of that name, or `function-unknown`. */
export function knownName(project: Project, name: string): FunctionName {
  const fn = project.functions.find((item) => item.name === name);
  if (fn !== undefined) return fn.name;
  throw unknownName(
    name,
    project.functions.map((item) => item.name),
  );
}

/** `function-unknown`, with what may have been meant of the names that there are. */
export function unknownName(
  name: string,
  names: readonly string[],
  ifNone = 'functions.yml names no function yet',
): FaasoError {
  const meant = closest(name, names);
  return new FaasoError('function-unknown', `no function is named "${name}"`, {
    hint:
      meant !== undefined
        ? `did you mean "${meant}"?`
        : names.length === 0
          ? ifNone
          : `there are ${names.join(', ')}`,
  });
}

/** The applied function of that name, or `function-unknown`; `function-not-running` where it was taken down. */
export function appliedName(applied: Applied | undefined, name: string, takenDown?: Applied): FunctionName {
  const names = Object.values(applied?.functions ?? {}).map((item) => item.current.function);
  const found = names.find((item) => item === name);
  if (found !== undefined) return found;
  if (takenDown !== undefined && Object.hasOwn(takenDown.functions, name))
    throw new FaasoError('function-not-running', `${name} was taken down`, {
      hint: `faaso apply ${name} brings it back`,
    });
  throw unknownName(name, [...names].sort(), 'nothing is applied yet: faaso apply');
}
