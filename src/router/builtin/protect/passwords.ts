import { createHmac, randomBytes } from 'node:crypto';

import { isPassword } from '../../../core/passwords.ts';
import type { PasswordHash } from '../../../core/passwords.ts';

/** How long a password that was right is not verified again. */
const KNOWN_MS = 5 * 60_000;
const MAX_KNOWN = 1000;
/** Each takes a core and tens of megabytes; libuv's pool has two more threads for everything else. */
const MAX_RUNNING = 2;
const MAX_WAITING = 64;
/** So that one address cannot keep all others from being verified. */
const MAX_PER_ADDRESS = 8;

/** What is asked: whether `password` is that of `expected`, whose text is `text`. */
export interface PasswordQuestion {
  readonly expected: PasswordHash;
  readonly text: string;
  readonly user: string;
  readonly password: string;
  /** Whose attempts count together. */
  readonly address: string;
}

/**
 * Verifies passwords off the event loop, few at a time. What was right is known for some minutes, under a keyed hash: the
 * password itself is not kept.
 */
export class Passwords {
  private readonly key = randomBytes(32);
  /** Keyed hash → until when, in milliseconds of `performance.now()`; oldest first. */
  private readonly known = new Map<string, number>();
  private readonly asked = new Map<string, Promise<boolean>>();
  private readonly perAddress = new Map<string, number>();
  private readonly waiting: (() => void)[] = [];
  private running = 0;

  /** `busy`: too many are being verified. */
  verify(question: PasswordQuestion): boolean | 'busy' | Promise<boolean> {
    const { text, user, password, address } = question;
    const id = createHmac('sha256', this.key)
      .update(JSON.stringify([text, user, password]))
      .digest('base64');
    if ((this.known.get(id) ?? 0) > performance.now()) return true;
    // A browser asks several times at once.
    const same = this.asked.get(id);
    if (same !== undefined) return same;
    const pending = this.perAddress.get(address) ?? 0;
    if (pending >= MAX_PER_ADDRESS || this.waiting.length >= MAX_WAITING) return 'busy';
    this.perAddress.set(address, pending + 1);
    const answer = this.inTurn(question, id).finally(() => {
      this.asked.delete(id);
      const left = (this.perAddress.get(address) ?? 1) - 1;
      if (left === 0) this.perAddress.delete(address);
      else this.perAddress.set(address, left);
    });
    this.asked.set(id, answer);
    return answer;
  }

  private async inTurn({ expected, password }: PasswordQuestion, id: string): Promise<boolean> {
    if (this.running >= MAX_RUNNING) await new Promise<void>((resolve) => this.waiting.push(resolve));
    else this.running++;
    try {
      const isRight = await isPassword(password, expected);
      if (isRight) this.remember(id);
      return isRight;
    } finally {
      const next = this.waiting.shift();
      if (next === undefined) this.running--;
      else next();
    }
  }

  private remember(id: string): void {
    this.known.delete(id);
    this.known.set(id, performance.now() + KNOWN_MS);
    const [oldest] = this.known.keys();
    if (this.known.size > MAX_KNOWN && oldest !== undefined) this.known.delete(oldest);
  }
}
