import { expect } from 'vitest';

import type { Case } from '../target.ts';
import { ask, until } from '../target.ts';

export const failures: readonly Case[] = [
  {
    name: 'an exception is 500 and says nothing of its inside',
    async run(target) {
      const response = await ask(target, 'boom');
      const body = await response.text();
      expect(response.status).toBe(500);
      expect(body).not.toMatch(/no caller may see|operations\.|Traceback|^\s+at /m);
      await until('the log has the trace', async () => (await target.stderr()).includes('no caller may see'));
      expect(await target.stderr()).toMatch(/operations\.(py|mjs)/);
    },
  },
  {
    name: 'an exception is a problem that names its type and can be found in the log',
    async run(target) {
      const id = 'find-me-in-the-log.1';
      const response = await ask(target, 'boom', { headers: { 'x-request-id': id } });
      expect(response.headers.get('content-type')).toBe('application/problem+json');
      expect(await response.json()).toMatchObject({ status: 500, error: 'FixtureError', request_id: id });
      await until('the log names the request', async () =>
        new RegExp(`^error ${id} GET /`, 'm').test(await target.stderr()),
      );
    },
  },
  {
    name: 'a request id that is not safe to log is replaced',
    async run(target) {
      const response = await ask(target, 'boom', { headers: { 'x-request-id': 'forged error line' } });
      expect(await response.json()).toMatchObject({
        request_id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      });
      expect(await target.stderr()).not.toContain('forged error line');
    },
  },
  {
    name: 'a result that cannot be sent is 500 and the log says why',
    async run(target) {
      const response = await ask(target, 'unserialisable');
      expect(response.status).toBe(500);
      await until('the log says why', async () =>
        (await target.stderr()).includes('what the handler returned is not JSON'),
      );
    },
  },
  {
    name: 'an exception in a stream breaks it off',
    async run(target) {
      const response = await ask(target, 'break');
      expect(response.status).toBe(200);
      await expect(response.text()).rejects.toThrow('terminated');
      await until('the log has the trace', async () => (await target.stderr()).includes('midway'));
    },
  },
];
