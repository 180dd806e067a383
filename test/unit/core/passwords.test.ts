import { expect, test } from 'vitest';

import { hashPassword, isPassword, parsePasswordHash } from '../../../src/core/passwords.ts';

test('a password fits its hash and no other; each hash has a salt of its own', async () => {
  const [first, second] = await Promise.all([hashPassword('correct horse'), hashPassword('correct horse')]);
  expect(first).toMatch(/^scrypt:15:8:3:[A-Za-z0-9+/]{22}:[A-Za-z0-9+/]{43}$/);
  expect(first).not.toBe(second);
  const parsed = parsePasswordHash(first);
  if (typeof parsed === 'string') throw new Error(parsed);
  expect(await isPassword('correct horse', parsed)).toBe(true);
  expect(await isPassword('Correct horse', parsed)).toBe(false);
});

/** RFC 7914, 12: N = 1024, r = 8, p = 16. */
test('what other programs hashed fits too', async () => {
  const text = `scrypt:10:8:16:${Buffer.from('NaCl-NaCl-NaCl').toString('base64')}:x`;
  expect(parsePasswordHash(text)).toBe('is no password hash');
  const vector =
    'fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640';
  const hash = { log2N: 10, r: 8, p: 16, salt: Buffer.from('NaCl'), hash: Buffer.from(vector, 'hex') };
  expect(await isPassword('password', hash)).toBe(true);
});

test.each([
  ['scrypt:9:8:3:QZ7AQ3MeI2p8D4zqPYf9Lw:3eUVu8O0kAFAJHwPpAbh3jCe6Q9wwKkFYdOj8yJ4fRk', 'too weak'],
  ['scrypt:15:0:3:QZ7AQ3MeI2p8D4zqPYf9Lw:3eUVu8O0kAFAJHwPpAbh3jCe6Q9wwKkFYdOj8yJ4fRk', 'too weak'],
  ['scrypt:20:8:1:QZ7AQ3MeI2p8D4zqPYf9Lw:3eUVu8O0kAFAJHwPpAbh3jCe6Q9wwKkFYdOj8yJ4fRk', 'too much'],
  ['scrypt:15:8:99:QZ7AQ3MeI2p8D4zqPYf9Lw:3eUVu8O0kAFAJHwPpAbh3jCe6Q9wwKkFYdOj8yJ4fRk', 'too much'],
  ['bcrypt:15:8:3:QZ7AQ3MeI2p8D4zqPYf9Lw:3eUVu8O0kAFAJHwPpAbh3jCe6Q9wwKkFYdOj8yJ4fRk', 'no password hash'],
])('%s is refused: %s', (text, why) => {
  expect(parsePasswordHash(text)).toContain(why);
});
