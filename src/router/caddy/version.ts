import { FaasoError } from '../../core/errors.ts';

/**
 * The first Caddy that passes the tests of the contract. It refuses a body by its length before it reads of it; before, what
 * a client still sent of it was taken for its next request. Before 2.11.5 (caddy#7913) a client that falls silent holds
 * its connection for ever, before 2.11.4 `X_Forwarded_For` is passed on as it came.
 */
export const OLDEST = '2.11.8';
/** A Caddyfile with what came with that one, and what an older one says against it. */
const NEW_LINES = 'http://localhost {\n\tlog_level debug\n}\n';
const UNKNOWN_LINE = /unrecognized directive: log_level/;
/** Said against the configuration itself, by those before 2.11.5. */
const UNKNOWN_KEY = /unknown field "(?:read|write)_idle_timeout"/;

/** `version`: as `2.11.9`, with or without a `v` before it and more behind it; what is unknown is not new enough. */
export function isNewEnough(version: string): boolean {
  const found = numbers(version);
  if (found === undefined) return false;
  const wanted = numbers(OLDEST) ?? [];
  const at = wanted.findIndex((number, index) => number !== found[index]);
  return at === -1 || (found[at] ?? 0) > (wanted[at] ?? 0);
}

/** `which`: what is too old, as the beginning of a sentence. */
export function tooOld(which: string, cause?: unknown): FaasoError {
  return new FaasoError('router-unsupported', `${which}; faaso needs ${OLDEST} or later`, {
    cause,
    details: [
      'older ones take what follows a refused body for a request, or wait for a silent client for ever',
    ],
    hint: 'install a current one: https://caddyserver.com/docs/install',
  });
}

/** Whether it is its age for which a Caddy refused a configuration of ours. */
export function refusesForAge(words: string): boolean {
  return UNKNOWN_KEY.test(words);
}

/**
 * Whether a Caddy is too old, found out without changing anything: its admin API does not tell its version. `adapt`: has a
 * Caddyfile translated; gives what is said against it. Of one that knows no Caddyfiles nothing is found out.
 */
export async function isTooOld(adapt: (caddyfile: string) => Promise<string>): Promise<boolean> {
  return UNKNOWN_LINE.test(await adapt(NEW_LINES));
}

function numbers(version: string): readonly number[] | undefined {
  return /^v?(\d+)\.(\d+)\.(\d+)/.exec(version)?.slice(1).map(Number);
}
