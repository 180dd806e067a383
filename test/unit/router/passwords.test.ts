import { expect, test } from 'vitest';

import { hashPassword } from '../../../src/core/passwords.ts';
import { Gate } from '../../../src/router/builtin/protect/authenticate.ts';
import type { Authenticated } from '../../../src/router/builtin/protect/authenticate.ts';
import { Passwords } from '../../../src/router/builtin/protect/passwords.ts';
import type { PasswordQuestion } from '../../../src/router/builtin/protect/passwords.ts';
import { route } from '../../contract/router/bench.ts';

/** Verifies, and notes what was asked. */
class NotingPasswords extends Passwords {
  readonly questions: PasswordQuestion[] = [];

  override verify(question: PasswordQuestion): ReturnType<Passwords['verify']> {
    this.questions.push(question);
    return super.verify(question);
  }
}

const basic = { ada: await hashPassword('a'), bob: await hashPassword('b') };
const gate = new Gate(route('/a', 1), { keys: {}, basic });
const check = (
  passwords: Passwords,
  user: string,
  password: string,
): Authenticated | Promise<Authenticated> =>
  gate.check(
    { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` },
    '192.0.2.1',
    passwords,
  );

test("an unknown user's password is verified like a known one's, and never right", async () => {
  const passwords = new NotingPasswords();
  for (const password of ['a', 'b', 'a']) {
    expect(await check(passwords, 'nobody', password)).toMatchObject({ ok: false });
  }
  const texts = passwords.questions.map(({ text }) => text);
  expect(Object.values(basic)).toContain(texts[0]);
  // Always the same one, as for a user that there is.
  expect(new Set(texts).size).toBe(1);
  expect(passwords.questions.map(({ user }) => user)).toEqual(['nobody', 'nobody', 'nobody']);
});

test('a password that was right is known from then on, a wrong one is verified each time', async () => {
  const passwords = new Passwords();
  const first = check(passwords, 'ada', 'a');
  expect(first).toBeInstanceOf(Promise);
  expect(await first).toMatchObject({ ok: true });
  expect(check(passwords, 'ada', 'a')).toMatchObject({ ok: true });
  for (let i = 0; i < 2; i++) {
    const wrong = check(passwords, 'ada', 'b');
    expect(wrong).toBeInstanceOf(Promise);
    expect(await wrong).toMatchObject({ ok: false });
  }
});
