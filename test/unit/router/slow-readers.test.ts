import { expect, test } from 'vitest';

import { route } from '../../contract/router/bench.ts';
import type { ProxyServer } from '../../support/proxy-server.ts';
import { proxyCore, startProxyServer } from '../../support/proxy-server.ts';
import { startFunction, startRawFunction } from '../../support/upstream.ts';
import { Wire } from '../../support/wire.ts';

/** Millions of pieces take their time on a busy machine. */
const LONG = { timeout: 20_000, interval: 100 };

/** Asks, and resolves when neither the client's system nor the router takes more of the answer. */
async function askAndDoNotRead({ port, connections }: ProxyServer): Promise<void> {
  const wire = Wire.open(port).send('GET /a HTTP/1.1\r\nHost: x\r\n\r\n');
  wire.socket.pause();
  let before: number | undefined;
  await expect
    .poll(() => {
      const [client] = connections.all;
      const isSame = client?.latest?.writableNeedDrain === true && client.socket.bytesWritten === before;
      before = client?.socket.bytesWritten;
      return isSame;
    }, LONG)
    .toBe(true);
}

test('a client that takes nothing of its answer has a minute, whatever the limit of the function', async () => {
  const { port } = await startFunction((_, res) => res.end(Buffer.alloc(30e6)));
  const lines: string[] = [];
  const core = {
    ...proxyCore(),
    logsByDefault: true,
    access: { write: (line: string) => void lines.push(line) },
  };
  const proxy = await startProxyServer(core);
  const entry = route('/a', port, { timeoutMs: 20_000 });
  proxy.serve(entry);
  await askAndDoNotRead(proxy);
  if (entry.target.kind !== 'instance') throw new Error('the route leads nowhere');
  const { inFlight } = core.instances.get(entry.target.instance, port);
  const [exchange] = inFlight;
  exchange?.tick(performance.now() + 50_000);
  expect([inFlight.size, lines]).toEqual([1, []]);
  exchange?.tick(performance.now() + 61_000);
  expect(inFlight.size).toBe(0);
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    expect.objectContaining({ status: 200, error: 'client-timeout' }),
  ]);
});

test('its answer is waited for once, however many pieces it comes in', async () => {
  const { port } = await startRawFunction((socket) => {
    socket.once('data', () => {
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
      for (let i = 0; i < 20; i++) socket.write('1\r\nx\r\n'.repeat(100_000));
    });
  });
  const proxy = await startProxyServer();
  proxy.serve(route('/a', port));
  await askAndDoNotRead(proxy);
  const [client] = proxy.connections.all;
  expect(client?.latest?.listenerCount('drain')).toBe(1);
}, 30_000);
