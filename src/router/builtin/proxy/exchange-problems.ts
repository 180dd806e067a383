/** What a client is told when a function does not answer as it should. Names the function, never its address. */
import type { FunctionName } from '../../../core/names.ts';
import type { Route } from '../../../core/specs.ts';
import type { UpstreamFailure } from '../upstream/failure.ts';
import type { Problem } from './problem.ts';

/** The first restart comes after so long. */
const RESTART_SECONDS = 1;

/** `reached`: an earlier try had reached the function, so that what keeps the second from it may be gone because of it. */
export function failureProblem(kind: UpstreamFailure['kind'], name: FunctionName, reached: boolean): Problem {
  const isLate = reached && (kind === 'refused' || kind === 'exhausted');
  switch (isLate ? 'broke-off' : kind) {
    case 'refused':
      // Nothing of the request has reached it, so that any may come again: at the earliest when it was started anew.
      return {
        code: 'function-refused',
        detail: `function "${name}" refused the connection`,
        headers: ['Retry-After', String(RESTART_SECONDS)],
      };
    case 'exhausted':
      return {
        code: 'too-many-connections',
        detail: `the router has no file or port left for another connection to function "${name}"`,
        headers: ['Retry-After', '1'],
      };
    case 'broke-off':
      return {
        code: 'function-broke-off',
        detail: `function "${name}" broke off before its answer was complete`,
      };
    case 'invalid':
      return {
        code: 'function-answer-invalid',
        detail: `function "${name}" gave an answer that is not valid HTTP`,
      };
    case 'internal':
      return { code: 'internal', detail: 'the router failed on this request' };
  }
}

/** `waitsForClient`: it is the client whose bytes are missing. */
export function timeoutProblem(waitsForClient: boolean, timeoutMs: number, name: FunctionName): Problem {
  const limit = `${timeoutMs / 1000} s`;
  return waitsForClient
    ? { code: 'request-timeout', detail: `no byte of the request's body came for ${limit}` }
    : {
        code: 'function-timeout',
        detail: `function "${name}" did not answer within its timeout of ${limit}`,
      };
}

export function notTaken(limitMs: number): Problem {
  return { code: 'client-timeout', detail: `the client took nothing of the answer for ${limitMs / 1000} s` };
}

export function tooSlow(bytesPerSecond: number): Problem {
  const detail = `the request's body comes with less than ${bytesPerSecond} bytes a second`;
  return { code: 'request-timeout', detail };
}

export function uninvitedUpgrade(name: FunctionName): Problem {
  return { code: 'function-answer-invalid', detail: `function "${name}" switched protocols unasked` };
}

export function replaced(name: FunctionName): Problem {
  return { code: 'function-replaced', detail: `function "${name}" was replaced before it answered` };
}

export function tooLarge(route: Route): Problem {
  const detail = `the body is larger than the ${route.maxBodyBytes} bytes that ${route.path} takes`;
  return { code: 'body-too-large', detail };
}
