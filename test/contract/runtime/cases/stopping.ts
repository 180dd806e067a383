import { once } from 'node:events';

import { expect } from 'vitest';
import { WebSocket } from 'ws';

import type { Case } from '../target.ts';
import { ask, until, untilCount } from '../target.ts';

/** Long enough for a signal to arrive meanwhile, on a machine that has other things to do. */
const BUSY_MS = 2_500;

export const stopping: readonly Case[] = [
  {
    // In processor time, which does not depend on what else the machine does.
    name: 'starts in well under a second',
    async run(target) {
      const running = await target.start('instance');
      await until('it serves', running.serves);
      expect(await running.cpuMs()).toBeLessThan(3 * 500);
    },
  },
  {
    name: 'SIGTERM finishes what is in flight',
    async run(target) {
      const running = await target.start('instance');
      await until('it serves', running.serves);
      const answer = ask(running, 'slow', { query: { ms: String(BUSY_MS) } });
      await untilCount(running, 'slow', 1);
      await running.kill('SIGTERM');
      const response = await answer;
      expect(response.status).toBe(200);
      expect(response.headers.get('connection')).toBe('close');
      expect(JSON.parse(await response.text())).toEqual({ slept: BUSY_MS });
      expect(await running.exit()).toBe(0);
    },
  },
  {
    name: 'SIGTERM ends a function that is busy, after its answer',
    async run(target) {
      const running = await target.start('instance');
      await until('it serves', running.serves);
      const answer = ask(running, 'spin', { query: { ms: String(BUSY_MS) } });
      // Its event loop may be too busy to say so over HTTP.
      await until('it computes', async () => (await running.stderr()).includes('spinning'));
      await running.kill('SIGTERM');
      const response = await answer;
      expect(JSON.parse(await response.text())).toEqual({ spun: BUSY_MS });
      expect(await running.exit()).toBe(0);
    },
  },
  {
    name: 'SIGTERM reaches it as process 1',
    async run(target) {
      const running = await target.start('plain');
      await until('it serves', running.serves);
      await running.kill('SIGTERM');
      expect(await running.exit()).toBe(0);
    },
  },
  {
    name: 'SIGTERM says goodbye on a WebSocket',
    async run(target) {
      const running = await target.start('instance');
      await until('it serves', running.serves);
      const socket = new WebSocket(`${running.origin.replace('http', 'ws')}/socket`);
      await once(socket, 'open');
      const closed = once(socket, 'close') as Promise<[number]>;
      await running.kill('SIGTERM');
      // Going away, or service restart.
      expect([1001, 1012]).toContain((await closed)[0]);
      expect(await running.exit()).toBe(0);
    },
  },
];
