import { FaasoError } from '../../core/errors.ts';

/**
 * The first Caddy that ends a connection on which a client falls silent (caddy#7913). The ones before also read all of a
 * body that is larger than a route takes, and those before 2.11.4 pass on `X_Forwarded_For` as a client wrote it.
 */
export const OLDEST = '2.11.5';
/** What that one is the first to know: as a key of its configuration, and as a line of a Caddyfile. */
const NEW_KEYS = /unknown field "(?:read|write)_idle_timeout"/;
const NEW_LINES =
  '{\n\tservers {\n\t\ttimeouts {\n\t\t\tread_body_idle 1s\n\t\t\twrite_idle 1s\n\t\t}\n\t}\n}\n';
const UNKNOWN_LINE = /unrecognized timeouts option/;

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
    details: ['older ones let a client that falls silent hold its connection for ever'],
    hint: 'install a current one: https://caddyserver.com/docs/install',
  });
}

/** Whether it is its age for which a Caddy refused a configuration of ours. */
export function refusesForAge(words: string): boolean {
  return NEW_KEYS.test(words);
}

/**
 * Whether a Caddy is too old for what it will be given, found out without changing anything: its admin API does not tell
 * its version. `adapt`: has a Caddyfile translated; gives what is said against it. One that knows no Caddyfiles
 * is found out as it refuses.
 */
export async function isTooOld(adapt: (caddyfile: string) => Promise<string>): Promise<boolean> {
  return UNKNOWN_LINE.test(await adapt(NEW_LINES));
}

function numbers(version: string): readonly number[] | undefined {
  return /^v?(\d+)\.(\d+)\.(\d+)/.exec(version)?.slice(1).map(Number);
}
