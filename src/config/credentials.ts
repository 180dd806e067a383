/** Keys and passwords that were written where their hashes belong: what is said of them must not repeat them. */
import type { Diagnostic } from '../core/diagnostics.ts';
import { KEY_HASH_PATTERN } from '../core/clients.ts';
import { PASSWORD_HASH_PATTERN } from '../core/passwords.ts';

/** What `faaso hash key` makes, wherever it stands. */
const OWN_KEY = /faaso_[\w-]{20,}/g;
const KINDS: ReadonlyMap<unknown, string> = new Map([
  [KEY_HASH_PATTERN, 'key'],
  [PASSWORD_HASH_PATTERN, 'password'],
]);

/** Whether the path lies in the `auth` of a route. */
export function isInAuth(path: readonly string[]): boolean {
  return path[0] === 'routes' && path.slice(2).includes('auth');
}

/** Whether a text that should be a hash may be a key or a password; a hash that is mistyped gives nothing away. */
export function isCredential(data: unknown): boolean {
  return ['string', 'number'].includes(typeof data) && !/^(?:sha256|scrypt):/i.test(String(data));
}

/** `that is the key itself; write its hash: faaso hash key ci`; `undefined`: `pattern` is not that of a hash. */
export function credentialWords(pattern: unknown, name: string, data: unknown): string | undefined {
  const kind = KINDS.get(pattern);
  if (kind === undefined) return undefined;
  const rest = `that is the ${kind} itself; write its hash: faaso hash ${kind} ${name}`;
  // As sha256sum prints it; some make keys of the same form.
  const isBare = kind === 'key' && /^[0-9a-f]{64}$/i.test(String(data));
  return isBare ? `where that is the hash, write sha256: before it; else ${rest}` : rest;
}

/** All texts in a value that may be keys or passwords. */
export function credentialsIn(data: unknown): readonly string[] {
  if (data !== null && typeof data === 'object') return Object.values(data).flatMap(credentialsIn);
  return isCredential(data) && data !== '' ? [String(data)] : [];
}

/** The problem without the texts of `hidden`. */
export function masked(diagnostic: Diagnostic, hidden: ReadonlySet<string>): Diagnostic {
  const mask = (text: string): string =>
    [...hidden].reduce((rest, secret) => withoutToken(rest, secret), text.replace(OWN_KEY, stars));
  const excerpt = diagnostic.excerpt.map((line) => ({ ...line, text: mask(line.text) }));
  // Half of a secret is not found.
  const isCut = hidden.size > 0 && excerpt.some(({ text }) => text.endsWith('…'));
  const { suggestion } = diagnostic;
  return {
    ...diagnostic,
    message: diagnostic.message.replace(OWN_KEY, stars),
    ...(suggestion === undefined ? {} : { suggestion: suggestion.replace(OWN_KEY, stars) }),
    excerpt: isCut ? [] : excerpt,
  };
}

/** Whole words only: a password may be as short as a letter. */
function withoutToken(text: string, secret: string): string {
  const pattern = `(?<![\\w.-])${secret.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')}(?![\\w.:-])`;
  return text.replace(new RegExp(pattern, 'g'), stars);
}

function stars(text: string): string {
  return '*'.repeat(text.length);
}
