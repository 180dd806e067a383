import { describe, expect, it } from 'vitest';
import { isNewEnough } from '../../src/setup/caddy.mjs';

describe('the Caddy that tests run', () => {
  it('is one that reads the address of a function for each request', () => {
    for (const version of ['v2.8.0', 'v2.11.9 h1:bhZ=', '2.10.2', 'v3.0.0'])
      expect(isNewEnough(version)).toBe(true);
    for (const version of ['v2.7.6', '2.6.2', 'v1.0.5', 'unknown', ''])
      expect(isNewEnough(version)).toBe(false);
  });
});
