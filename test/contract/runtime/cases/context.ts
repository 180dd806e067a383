import { expect } from 'vitest';

import type { Case } from '../target.ts';

export const context: readonly Case[] = [
  {
    name: 'the context tells of function, request and deadline',
    async run(target) {
      const response = await fetch(`${target.origin}/a%2Fb/c?do=context&tag=1&tag=2`, {
        headers: { 'x-request-id': 'r-1', 'x-fixture': 'ä ok', 'x-faaso-timeout-ms': '5000' },
      });
      const seen = (await response.json()) as { readonly remainingMs: number };
      expect(seen).toMatchObject({
        function: 'fixture',
        revision: '0123456789abcdef',
        requestId: 'r-1',
        method: 'GET',
        path: '/a%2Fb/c',
        query: { do: 'context', tag: ['1', '2'] },
        body: '',
      });
      expect(seen.remainingMs).toBeGreaterThan(4_000);
      expect(seen.remainingMs).toBeLessThanOrEqual(5_000);
    },
  },
  {
    name: 'without a timeout there is no deadline',
    async run(target) {
      const response = await fetch(`${target.origin}/?do=context`, { headers: { 'x-fixture': 'yes' } });
      const seen = (await response.json()) as Record<string, unknown>;
      expect(seen['remainingMs'] ?? null).toBeNull();
      expect(seen['requestId']).toMatch(/^[0-9a-f-]{36}$/);
    },
  },
];
