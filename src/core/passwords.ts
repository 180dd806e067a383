/**
 * Password hashes: `scrypt:<log2 N>:<r>:<p>:<salt>:<hash>`, salt and hash in base64 without padding (RFC 4648, 4). The
 * parts are those of the PHC notation; it has no `$`, which stands for a variable in functions.yml.
 */
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

export interface PasswordHash {
  readonly log2N: number;
  readonly r: number;
  readonly p: number;
  readonly salt: Buffer;
  readonly hash: Buffer;
}

/** What a password hash looks like, for the schema. */
export const PASSWORD_HASH_PATTERN =
  '^scrypt:[0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}:[A-Za-z0-9+/]{11,86}:[A-Za-z0-9+/]{22,86}$';

/** One of OWASP's choices of equal strength: 32 MiB and about a quarter of a second of one core. */
const COST = { log2N: 15, r: 8, p: 3 } as const;
const SALT_BYTES = 16;
const HASH_BYTES = 32;
/** A verification may take this much memory; more would let few attempts exhaust the router. */
const MAX_MEMORY = 128 * 1024 * 1024;
const MAX_WORK = 2 ** 23;

/** Parses a hash; a text says why it is none, continuing a sentence that begins with the value. */
export function parsePasswordHash(text: string): PasswordHash | string {
  const [kind, ln = '', r = '', p = '', salt = '', hash = ''] = text.split(':');
  if (kind !== 'scrypt' || !new RegExp(PASSWORD_HASH_PATTERN).test(text)) return 'is no password hash';
  const parsed = {
    log2N: Number(ln),
    r: Number(r),
    p: Number(p),
    salt: Buffer.from(salt, 'base64'),
    hash: Buffer.from(hash, 'base64'),
  };
  const n = 2 ** parsed.log2N;
  if (parsed.log2N < 10 || parsed.r < 1 || parsed.p < 1) return 'is too weak: N is at least 2^10';
  if (128 * n * parsed.r > MAX_MEMORY || n * parsed.r * parsed.p > MAX_WORK)
    return 'costs too much: 128 MiB and 8 times the default are the most';
  return parsed;
}

/** Hashes a password with a salt of its own. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const hash = await derive(password, { ...COST, salt, hash: Buffer.alloc(HASH_BYTES) });
  return `scrypt:${COST.log2N}:${COST.r}:${COST.p}:${base64(salt)}:${base64(hash)}`;
}

/** Whether the password is that of the hash. Runs in a thread of libuv's pool. */
export async function isPassword(password: string, expected: PasswordHash): Promise<boolean> {
  return timingSafeEqual(await derive(password, expected), expected.hash);
}

/** The same password can be typed in several ways: RFC 7617 takes them for one. */
async function derive(password: string, { log2N, r, p, salt, hash }: PasswordHash): Promise<Buffer> {
  const options = { N: 2 ** log2N, r, p, maxmem: MAX_MEMORY + 1024 * 1024 * 16 };
  return await new Promise((resolve, reject) => {
    scrypt(password.normalize('NFC'), salt, hash.length, options, (error, key) =>
      error === null ? resolve(key) : reject(error),
    );
  });
}

function base64(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}
