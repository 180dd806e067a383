import { errorCode, FaasoError } from '../core/errors.ts';

/** The error for something that may not enter a context. `message` names it first. */
export function contextInvalid(message: string, hint?: string, cause?: unknown): FaasoError {
  return new FaasoError('context-invalid', message, {
    ...(hint === undefined ? {} : { hint }),
    ...(cause === undefined ? {} : { cause }),
  });
}

/** The error for a file or folder that the system does not let us read. */
export function unreadable(shown: string, cause: unknown): FaasoError {
  return contextInvalid(`${shown} cannot be read (${errorCode(cause) ?? String(cause)})`, undefined, cause);
}
