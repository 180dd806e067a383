import type { RuntimeOption, RuntimeSpec } from '../core/specs.ts';
import { canRunAway, matches } from './pattern.ts';
import type { RawOption } from './raw.ts';
import type { Scope } from './scope.ts';
import { quoted } from './source.ts';
import { closest } from './suggest.ts';

type OptionValue = string | number | boolean;

const MAX_LENGTH = 1024;
const RUNS_AWAY =
  'takes for ever on some texts: what repeats in it repeats again; repeat it once, as in "a+" for "(a+)+"';

/** An option that runtime.yml declares; `undefined` when a problem was reported. */
export function declaredOption(scope: Scope, raw: RawOption): RuntimeOption | undefined {
  const option = complete(scope, raw);
  const problem = option === undefined ? undefined : misfit(option, raw.default);
  if (problem === undefined) return option;
  scope.error('default', `default ${problem}`);
  return undefined;
}

/** All options of a runtime as texts: those that metadata.yml sets, else their defaults. */
export function optionValues(
  scope: Scope,
  runtime: RuntimeSpec,
  set: Readonly<Record<string, OptionValue>>,
): Readonly<Record<string, string>> {
  const declared = new Map(Object.entries(runtime.options));
  for (const [name, value] of Object.entries(set)) {
    const option = declared.get(name);
    if (option === undefined) {
      const suggestion = closest(name, [...declared.keys()]);
      const all = declared.size === 0 ? 'it has none' : `it has ${[...declared.keys()].join(', ')}`;
      const help = suggestion === undefined ? `; ${all}` : '';
      scope.problems.error(
        scope.document.key([...scope.path, name]),
        `runtime ${runtime.name} has no option ${quoted(name)}${help}`,
        suggestion,
      );
      continue;
    }
    const problem = misfit(option, value);
    if (problem !== undefined) scope.error(name, `${name} ${problem}`);
  }
  return Object.fromEntries(
    [...declared].map(([name, option]) => [name, String(set[name] ?? option.default)]),
  );
}

function complete(scope: Scope, raw: RawOption): RuntimeOption | undefined {
  const description = raw.description ?? '';
  const { default: value, pattern } = raw;
  if (raw.type === 'boolean' && typeof value === 'boolean')
    return { type: 'boolean', default: value, description };
  if (raw.type === 'integer' && typeof value === 'number') {
    const { minimum = Number.MIN_SAFE_INTEGER, maximum = Number.MAX_SAFE_INTEGER } = raw;
    if (minimum <= maximum) return { type: 'integer', default: value, minimum, maximum, description };
    scope.error('maximum', `maximum ${maximum} is below minimum ${minimum}`);
    return undefined;
  }
  if (raw.type === 'string' && typeof value === 'string') {
    if (pattern !== undefined && canRunAway(pattern, value)) {
      scope.error('pattern', `pattern ${quoted(pattern)} ${RUNS_AWAY}`);
      return undefined;
    }
    if (pattern !== undefined) return { type: 'string', default: value, pattern, description };
    scope.error(undefined, 'a string option needs a pattern, because its value reaches the build');
    return undefined;
  }
  scope.error('default', `default must be of the type ${quoted(raw.type)}`);
  return undefined;
}

/** Why `value` may not stand for `option`; `undefined` when it may. */
function misfit(option: RuntimeOption, value: OptionValue): string | undefined {
  switch (option.type) {
    case 'boolean':
      return typeof value === 'boolean' ? undefined : 'must be true or false';
    case 'integer': {
      if (typeof value !== 'number') return 'must be a whole number';
      if (value < option.minimum) return `must be at least ${option.minimum}`;
      return value > option.maximum ? `must be at most ${option.maximum}` : undefined;
    }
    case 'string':
      return typeof value === 'string'
        ? mismatch(option.pattern, value)
        : `must be text; quote it: "${value}"`;
  }
}

function mismatch(pattern: string, value: string): string | undefined {
  if (value.length > MAX_LENGTH) return `must have at most ${MAX_LENGTH} characters`;
  switch (matches(pattern, value)) {
    case 'yes':
      return undefined;
    case 'no':
      return `must match the pattern ${quoted(pattern)}, and ${quoted(value)} does not`;
    case 'slow':
      return `cannot be checked: the pattern ${quoted(pattern)} in runtime.yml takes too long`;
    case 'invalid':
      return `cannot be checked: the pattern ${quoted(pattern)} is not a regular expression`;
  }
}
