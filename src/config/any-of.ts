import type { ErrorObject } from 'ajv';

/**
 * Leaves of a failed `anyOf` only what the user can have meant: the errors of the one branch whose type fits the
 * data, or, where none fits, the `anyOf` error itself. Each branch must have a type of its own. Relies on ajv
 * listing the errors of the branches right before that of their `anyOf`.
 */
export function withoutNoise(errors: readonly ErrorObject[]): readonly ErrorObject[] {
  const kept: ErrorObject[] = [];
  for (const error of errors) {
    if (error.keyword !== 'anyOf') {
      kept.push(error);
      continue;
    }
    let first = kept.length;
    while (first > 0 && isInside(error, kept[first - 1])) first -= 1;
    const inside = kept.splice(first);
    const misfits = new Set(
      inside.filter((item) => isMisfit(error, item)).map((item) => branch(error, item)),
    );
    const meant = inside.filter((item) => !misfits.has(branch(error, item)));
    kept.push(...(meant.length > 0 ? meant : [error]));
  }
  // Of what is of the wrong type nobody needs to hear that it is too small as well.
  const misfits = new Set(kept.filter(({ keyword }) => keyword === 'type').map((item) => item.instancePath));
  return kept.filter(({ keyword, instancePath }) => keyword === 'type' || !misfits.has(instancePath));
}

function isInside(choice: ErrorObject, error: ErrorObject | undefined): boolean {
  return (
    error !== undefined &&
    error.schemaPath.startsWith(`${choice.schemaPath}/`) &&
    (error.instancePath === choice.instancePath || error.instancePath.startsWith(`${choice.instancePath}/`))
  );
}

/** Whether `error` says that the data is of another type than its branch of `choice` wants. */
function isMisfit(choice: ErrorObject, error: ErrorObject): boolean {
  return error.keyword === 'type' && error.instancePath === choice.instancePath;
}

/** The index of the branch of `choice` that `error` comes from. */
function branch(choice: ErrorObject, error: ErrorObject): string {
  return error.schemaPath.slice(choice.schemaPath.length + 1).split('/', 1)[0] ?? '';
}
