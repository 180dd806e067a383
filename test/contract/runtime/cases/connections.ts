import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { Agent, get } from 'node:http';

import { expect } from 'vitest';
import { WebSocket } from 'ws';

import type { Case, Counts } from '../target.ts';
import { ask, askJson, untilCount } from '../target.ts';

export const connections: readonly Case[] = [
  {
    name: 'a stream is sent as it is made',
    async run(target) {
      const gate = `${target.form.name}-${Date.now()}`;
      const response = await ask(target, 'stream', { query: { gate } });
      const chunks = response.body?.pipeThrough(new TextDecoderStream()).getReader();
      // The second chunk is made only after the first has been read.
      expect((await chunks?.read())?.value).toBe('one\n');
      await askJson(target, 'open', { gate });
      expect((await chunks?.read())?.value).toBe('two ✓\n');
      expect((await chunks?.read())?.done).toBe(true);
    },
  },
  {
    name: '50 requests at the same time overlap',
    async run(target) {
      const calls = Array.from({ length: 50 }, () => askJson(target, 'slow', { ms: '200' }));
      expect(await Promise.all(calls)).toEqual(Array(50).fill({ slept: 200 }));
      expect((await askJson<Counts>(target, 'counts')).peak).toBeGreaterThanOrEqual(8);
    },
  },
  {
    name: 'connections are kept alive',
    async run(target) {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      try {
        const reused = [];
        for (let index = 0; index < 3; index += 1)
          reused.push(await reusesSocket(`${target.origin}/?n=${index}`, agent));
        expect(reused).toEqual([false, true, true]);
      } finally {
        agent.destroy();
      }
    },
  },
  {
    name: 'a stream ends when its client has gone',
    async run(target) {
      const { left = 0 } = await askJson<Counts>(target, 'counts');
      const client = new AbortController();
      const response = await ask(target, 'drip', { signal: client.signal });
      await response.body?.getReader().read();
      client.abort();
      await untilCount(target, 'left', left + 1);
    },
  },
  {
    name: 'a handler that waits is cancelled when its client has gone',
    async run(target) {
      const { wait = 0, cancelled = 0 } = await askJson<Counts>(target, 'counts');
      const client = new AbortController();
      const call = ask(target, 'wait', { signal: client.signal }).catch((error: unknown) => error);
      await untilCount(target, 'wait', wait + 1);
      client.abort();
      expect(await call).toMatchObject({ name: 'AbortError' });
      await untilCount(target, 'cancelled', cancelled + 1);
    },
  },
  {
    name: 'a WebSocket',
    async run(target) {
      const socket = new WebSocket(`${target.origin.replace('http', 'ws')}/socket`);
      await once(socket, 'open');
      socket.send('größer ✓');
      const [data] = (await once(socket, 'message')) as [Buffer];
      expect(data.toString()).toBe('größer ✓');
      socket.close();
      await once(socket, 'close');
    },
  },
];

async function reusesSocket(url: string, agent: Agent): Promise<boolean> {
  const request = get(url, { agent });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  await once(response.resume(), 'end');
  return request.reusedSocket;
}
