import { createHmac, hash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

import { parsePasswordHash } from '../../../core/passwords.ts';
import type { PasswordHash } from '../../../core/passwords.ts';
import type { Route, RouteAuth } from '../../../core/specs.ts';
import type { Problem } from '../proxy/problem.ts';
import { credentialsOf } from './credentials.ts';
import type { Credential, CredentialHeader } from './credentials.ts';
import type { Passwords } from './passwords.ts';

/** Who calls, and the header that proved it. */
export interface Caller {
  readonly name: string;
  readonly header: CredentialHeader;
}

export type Authenticated =
  { readonly ok: true; readonly caller: Caller } | { readonly ok: false; readonly problem: Problem };

interface Password {
  readonly text: string;
  readonly hash: PasswordHash;
  readonly isReal: boolean;
}

/** Chooses decoys: the same user name always meets the same one, and nobody outside knows which. */
const DECOY_KEY = randomBytes(32);

/** The `auth` of one route, made ready. */
export class Gate {
  private readonly keys: readonly (readonly [name: string, hash: Buffer])[];
  private readonly basic = new Map<string, Password>();
  private readonly challenges: readonly string[];

  constructor(route: Pick<Route, 'function'>, auth: RouteAuth) {
    this.keys = Object.entries(auth.keys).map(([name, hex]) => [name, Buffer.from(hex, 'hex')] as const);
    for (const [user, text] of Object.entries(auth.basic)) {
      const hash = parsePasswordHash(text);
      if (typeof hash !== 'string') this.basic.set(user, { text, hash, isReal: true });
    }
    this.challenges = [
      ...(Object.keys(auth.basic).length > 0 ? [`Basic realm="${route.function}", charset="UTF-8"`] : []),
      ...(this.keys.length > 0 ? [`Bearer realm="${route.function}"`] : []),
    ];
  }

  /** Who sends the request. `address`: whose attempts to guess a password count together. */
  check(
    headers: IncomingHttpHeaders,
    address: string,
    passwords: Passwords,
  ): Authenticated | Promise<Authenticated> {
    const given = credentialsOf(headers);
    for (const credential of given) {
      const name = credential.kind === 'key' ? this.nameOfKey(credential.key) : undefined;
      if (name !== undefined) return { ok: true, caller: { name, header: credential.header } };
    }
    const pair = given.find((credential) => credential.kind === 'password');
    if (pair === undefined || this.basic.size === 0) return this.refused(given.length > 0);
    return this.checkPassword(pair, address, passwords);
  }

  private checkPassword(
    { user, password, header }: Credential & { readonly kind: 'password' },
    address: string,
    passwords: Passwords,
  ): Authenticated | Promise<Authenticated> {
    const { hash: expected, text, isReal } = this.basic.get(user) ?? this.decoy(user);
    const answered = (isRight: boolean): Authenticated =>
      isRight && isReal ? { ok: true, caller: { name: user, header } } : this.refused(true);
    const verdict = passwords.verify({ expected, text, user, password, address });
    if (verdict === 'busy') return { ok: false, problem: BUSY };
    return typeof verdict === 'boolean' ? answered(verdict) : verdict.then(answered);
  }

  /** All are compared, whichever fits. A key is long and random, so that one SHA-256 is enough to hide it. */
  private nameOfKey(key: string): string | undefined {
    // One call: a hash object per request costs more than hashing, in garbage.
    const digest = hash('sha256', key, 'buffer');
    let found: string | undefined;
    for (const [name, expected] of this.keys) if (timingSafeEqual(digest, expected)) found = name;
    return found;
  }

  /** What an unknown user's password is compared with, so that it takes as long as a known one's. */
  private decoy(user: string): Password {
    const all = [...this.basic.values()];
    const index = createHmac('sha256', DECOY_KEY).update(user).digest().readUInt32BE(0) % all.length;
    const chosen = all[index];
    if (chosen === undefined) throw new Error('there is a password to be compared with');
    return { ...chosen, isReal: false };
  }

  private refused(hasCredential: boolean): Authenticated {
    const headers = this.challenges.flatMap((challenge) => [
      'WWW-Authenticate',
      hasCredential && challenge.startsWith('Bearer') ? `${challenge}, error="invalid_token"` : challenge,
    ]);
    const detail = hasCredential ? 'the credentials are not valid here' : 'credentials are needed here';
    return { ok: false, problem: { code: 'unauthorized', detail, headers } };
  }
}

const BUSY: Problem = {
  code: 'verification-busy',
  detail: 'too many passwords are being verified; try again',
  headers: ['Retry-After', '1'],
};
