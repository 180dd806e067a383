/** What keeps Caddy from serving, in words for people. */
import { errorCode, FaasoError } from '../../core/errors.ts';
import type { RouterSettings } from '../../core/specs.ts';
import { inUse, listenKey } from '../port-owner.ts';
import { AdminError } from './admin.ts';
import { addressNamed } from './listens.ts';
import { NOBODY } from './place.ts';
import { shutOut } from './shut-out.ts';
import { refusesForAge, tooOld } from './version.ts';

/** Another writer may change the configuration between a look and a change. */
const CONFLICT = 412;
const LOG_HINT = 'see the log of Caddy beside daemon.log';

/** Of Caddy's answer to a configuration. */
export async function refused(settings: RouterSettings, error: unknown): Promise<FaasoError> {
  const shut = shutOut(wordsOf(error), error);
  if (shut !== undefined) return shut;
  const deafened = await cannotListen(settings, error);
  if (deafened !== undefined) return deafened;
  if (errorCode(error) !== undefined) return deaf(error);
  if (refusesForAge(wordsOf(error))) return tooOld('this Caddy is an older one', error);
  return new FaasoError('router-refused', 'the configuration was refused by Caddy; the last one stays', {
    cause: error,
    details: [wordsOf(error)],
    hint: LOG_HINT,
  });
}

/** Of what the system, or Caddy in its words, says against an address; `undefined`: it is about something else. */
export async function cannotListen(
  settings: RouterSettings,
  error: unknown,
): Promise<FaasoError | undefined> {
  const words = wordsOf(error);
  const { host, port } = addressNamed(settings, words);
  const key = listenKey(settings, port);
  if (/address already in use/i.test(words)) return await inUse(host, port, error, key);
  if (!/permission denied|cannot assign|address not available|getaddrinfo|no such host/i.test(words))
    return undefined;
  return new FaasoError('listen-failed', `Caddy cannot listen on ${host}:${port}: ${words}`, {
    cause: error,
    hint: `change \`${key}\` in functions.yml`,
  });
}

/** `words`: what it wrote last. */
export function doesNotStart(words: string): FaasoError {
  const last = words.split('\n').at(-1)?.trim() ?? '';
  const why = last === '' ? 'without a word' : last;
  return new FaasoError('router-unreachable', `Caddy does not start: ${why}`, { hint: LOG_HINT });
}

export function ended(): FaasoError {
  return new FaasoError('router-unreachable', 'Caddy ended', { hint: LOG_HINT });
}

/** It is there and answers otherwise than Caddy does, or not at all. */
export function deaf(cause: unknown): FaasoError {
  const message = `the admin API of Caddy does not answer as it should (${wordsOf(cause)})`;
  return new FaasoError('router-unreachable', message, {
    cause,
    hint: 'see its log; what it served last it goes on serving',
  });
}

/** Another writer was faster, or made Caddy listen anew: what is there now is looked at again. */
export function isPassing(error: unknown): boolean {
  return error instanceof AdminError ? error.status === CONFLICT : NOBODY.has(errorCode(error) ?? '');
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
