/** Which release a rollback goes to, and what becomes of it. Pure. */
import { FaasoError } from '../core/errors.ts';
import { desiredKey, hashOf } from '../core/hash.ts';
import type { Route } from '../core/specs.ts';
import type { Applied, AppliedFunction, AppliedRelease } from '../core/state.ts';
import { knownAs } from '../plan/pins.ts';
import { withAccessOf } from './access.ts';
import { without } from './applied.ts';

/**
 * The release to go back to: the one of that number (or the one that repeats it), else the last one that served and
 * is older than what the current one repeats. Rejects with `release-unknown`.
 */
export function rollbackTarget({ current, earlier }: AppliedFunction, number?: number): AppliedRelease {
  const kept = [current, ...earlier];
  if (number === undefined) {
    const older = earlier.find((release) => knownAs(release) < knownAs(current));
    if (older !== undefined) return older;
    throw new FaasoError('release-unknown', noneBefore(current), { hint: wayOn(current, earlier) });
  }
  const found =
    kept.find((release) => release.number === number) ?? kept.find((release) => knownAs(release) === number);
  if (found !== undefined) return found;
  throw new FaasoError('release-unknown', `${current.function} keeps no release ${number}`, {
    hint: hintOf(current, earlier),
  });
}

/**
 * What is committed by a rollback to `target`: its image, container spec and routes under a new number, with the
 * secrets, and who may call, as they are now. Routes that another function has meanwhile stay there. It is held against
 * the files, unless it is what they asked for when the first rollback left them.
 */
export function rolledBack(
  applied: Applied,
  current: AppliedRelease,
  target: AppliedRelease,
  secrets: Readonly<Record<string, string>>,
  now: number,
): AppliedRelease {
  const { pin: _, asked: __, ...content } = target;
  const spec = { ...target.spec, secrets };
  const left = current.pin?.left ?? askedKey(current);
  const isForward = askedKey(target) === left;
  return {
    ...content,
    number: current.number + 1,
    spec,
    specHash: hashOf(spec),
    routes: withAccessOf(routesLeft(applied, target), current.routes),
    appliedAt: now,
    ...(isForward ? {} : { pin: { of: knownAs(target), left } }),
  };
}

/** What the files asked for when the release was committed, whichever paths it had to hold besides. */
function askedKey(release: AppliedRelease): string {
  return release.asked ?? desiredKey(release);
}

/** The routes of `target` that no other function has now. */
export function routesLeft(applied: Applied, target: AppliedRelease): readonly Route[] {
  const others = othersRoutes(applied, target);
  return target.routes.flatMap((route) => without(route, others));
}

/** The error for a release that cannot be started any more. */
export function imageGone(target: AppliedRelease): FaasoError {
  return new FaasoError('image-missing', `the image of release ${target.number}, ${target.image}, is gone`, {
    hint: `put its files back as they were (git checkout) and run "faaso apply ${target.function}"`,
  });
}

/** The routes of `target` that other functions have now, as those have them. */
export function routesElsewhere(applied: Applied, target: AppliedRelease): readonly Route[] {
  return othersRoutes(applied, target).filter((other) =>
    target.routes.some((route) => without(route, [other])[0] !== route),
  );
}

function othersRoutes(applied: Applied, target: AppliedRelease): readonly Route[] {
  return Object.values(applied.functions)
    .filter((item) => item.current.function !== target.function)
    .flatMap((item) => item.current.routes);
}

function noneBefore(current: AppliedRelease): string {
  const name = current.function;
  if (current.pin === undefined) return `${name} has no release before ${current.number}`;
  return `${name} serves release ${current.pin.of} again, and none before that is kept`;
}

/** What to type where nothing older is kept. */
function wayOn(current: AppliedRelease, earlier: readonly AppliedRelease[]): string {
  const [next] = earlier;
  if (next === undefined) return hintOf(current, earlier);
  return `the others that are kept are newer, as ${knownAs(next)}: faaso rollback ${current.function} ${knownAs(next)}; all: faaso releases ${current.function}`;
}

function hintOf(current: AppliedRelease, earlier: readonly AppliedRelease[]): string {
  if (earlier.length === 0) return `only release ${nameOf(current)} is kept; it is the current one`;
  const others = earlier.map(nameOf).join(', ');
  return `kept are ${nameOf(current)} (the current one), ${others}: faaso releases ${current.function}`;
}

/** `4`, or `4 (repeats 2)`. */
function nameOf(release: AppliedRelease): string {
  return release.pin === undefined ? String(release.number) : `${release.number} (repeats ${release.pin.of})`;
}
