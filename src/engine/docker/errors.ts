import { FaasoError } from '../../core/errors.ts';

/** A socket that was tried, and what came of it. */
export interface FailedSocket {
  readonly path: string;
  readonly error: unknown;
}

/** The HTTP status of the engine's answer that an error was made from; `undefined` when there was no answer. */
export function statusOf(error: unknown): number | undefined {
  const answer = error instanceof FaasoError ? error.cause : error;
  return answer instanceof Error && 'statusCode' in answer && typeof answer.statusCode === 'number'
    ? answer.statusCode
    : undefined;
}

/** The engine's own words in its answer; the error's message when there was no answer. */
export function wordsOf(error: unknown): string {
  const answer = error instanceof FaasoError ? error.cause : error;
  if (answer instanceof Error && 'json' in answer) {
    const { json } = answer;
    if (typeof json === 'object' && json !== null && 'message' in json) return String(json.message).trim();
  }
  const said = answer instanceof Error ? answer : error;
  const message = said instanceof Error ? said.message : String(said);
  // What the library puts in front of an answer to a stream.
  return message.replace(/^\(HTTP code \d+\) .*? - /, '').trim();
}

/** Waits for the call; an answer with one of these statuses is `undefined` instead of an error. */
export async function unless<T>(statuses: readonly number[], call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    const status = statusOf(error);
    if (status !== undefined && statuses.includes(status)) return undefined;
    throw error;
  }
}

/** Whether words of the engine say that a disk is full; it has no code for that. */
export function saysNoSpace(words: string): boolean {
  return /no space left on device|disk quota exceeded/i.test(words);
}

/** `no-space`, wherever the engine met it. */
export function noSpace(words: string, cause: unknown): FaasoError {
  return new FaasoError('no-space', "the engine's disk is full", {
    details: [words],
    hint: 'faaso prune frees what nothing of this project needs; what else lies there: docker system df',
    cause,
  });
}

/** What a failed request means. `what` is the thing that was to be done: `list the containers`. */
export function requestError(what: string, socket: string, error: unknown): FaasoError {
  if (error instanceof FaasoError) return error;
  if (statusOf(error) === undefined) return unreachable([{ path: socket, error }]);
  const words = wordsOf(error);
  if (saysNoSpace(words)) return noSpace(words, error);
  return new FaasoError('engine-error', `the engine refused to ${what}: ${words}`, {
    hint: HINT_LOG,
    cause: error,
  });
}

/** What it means that a container could not be created from the image. */
export function createError(image: string, error: unknown): unknown {
  if (!isRefusal(error) || statusOf(error) === 409) return error;
  if (statusOf(error) === 404) {
    return new FaasoError('image-missing', `the image ${image} is not on the engine`, {
      details: [wordsOf(error)],
      hint: 'apply again: it is then built or pulled',
      cause: causeOf(error),
    });
  }
  return new FaasoError('start-failed', `the engine could not create the container: ${wordsOf(error)}`, {
    hint: HINT_LOG,
    cause: causeOf(error),
  });
}

/** Whether the engine answered, and with no. */
export function isRefusal(error: unknown): boolean {
  return error instanceof FaasoError && error.code === 'engine-error';
}

/** The engine's answer itself, which {@link statusOf} reads. */
export function causeOf(error: unknown): unknown {
  return error instanceof FaasoError ? error.cause : error;
}

/** `engine-unreachable`, naming every socket that was tried, why it failed and what helps. */
export function unreachable(failed: readonly FailedSocket[]): FaasoError {
  const reasons = failed.map(({ path, error }) => ({ path, ...reasonOf(error) }));
  const first = reasons.find((reason) => reason.hint !== HINT_MISSING) ?? reasons[0];
  return new FaasoError(
    'engine-unreachable',
    `no container engine answers at ${failed.map(({ path }) => path).join(', ')}`,
    {
      details: reasons.map(({ path, reason }) => `${path}: ${reason}`),
      hint: first?.hint ?? HINT_MISSING,
      cause: failed[0]?.error,
    },
  );
}

const HINT_MISSING =
  'run "faaso setup", which installs and starts Docker where it may, or set DOCKER_HOST to the socket of a running engine: unix:///path/of/docker.sock';
const HINT_START = 'start the engine: faaso setup, or sudo systemctl start docker';
/** For a refusal whose words are all that is known. */
export const HINT_LOG = 'the log of the engine may say more: journalctl -u docker';
const HINT_PERMISSION =
  'run as root, or add your user to the group of the socket and log in again: sudo usermod -aG docker "$USER"';

function reasonOf(error: unknown): { readonly reason: string; readonly hint: string } {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return { reason: 'there is no such socket', hint: HINT_MISSING };
    case 'EACCES':
    case 'EPERM':
      return { reason: 'permission denied', hint: HINT_PERMISSION };
    case 'ECONNREFUSED':
      return { reason: 'connection refused: nothing listens', hint: HINT_START };
    default:
      return { reason: `the connection broke off (${wordsOf(error)})`, hint: HINT_START };
  }
}
