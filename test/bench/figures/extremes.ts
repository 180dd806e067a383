import { once } from 'node:events';
import { Agent, request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { Readable, Writable } from 'node:stream';

import type { Figure, Row } from '../figure.ts';
import type { Bench } from '../support/bench.ts';
import type { OwnRouter } from '../support/own-router.ts';
import { entry, startRouter, startServer } from '../support/own-router.ts';
import { residentMb } from '../support/proc.ts';
import { median } from '../support/stats.ts';
import { http } from '../../support/project-http.ts';

const IDLE = 10_000;
const AT_A_TIME = 200;
const BYTES = 5e9;
const PIECE = Buffer.alloc(65_536);
const CALLS = 2000;
const PACED_MS = 10;
const SAMPLE_MS = 50;

/** What many idle clients, very large bodies and the hop of a single request take. */
export const extremes: Figure = {
  name: 'extremes',
  about: `${IDLE} idle connections, ${BYTES / 1e9} GB each way, and one request at a time`,
  run: async (bench) => {
    const router = await startRouter(bench, 'builtin');
    const { port } = await startServer(bench, (incoming, response) => {
      if (incoming.url === '/down') return void pipeline(zeros(), response).catch(() => undefined);
      incoming.resume().on('end', () => response.end('hello'));
    });
    await router.serve([entry('/', 'f', port, { maxBodyBytes: 2 * BYTES })]);
    return [
      ...(await singles(router, port)),
      ...(await bodies(router)),
      ...(await idleClients(bench, router)),
    ];
  },
};

/** Direct and through the router in turn, 100 a second. */
async function singles(router: OwnRouter, port: number): Promise<Row[]> {
  const agent = new Agent({ keepAlive: true });
  const direct: number[] = [];
  const routed: number[] = [];
  for (let call = 0; call < CALLS; call += 1) {
    const began = performance.now();
    await http(call % 2 === 0 ? `http://127.0.0.1:${port}/` : `${router.url}/`, { agent });
    const took = performance.now() - began;
    (call % 2 === 0 ? direct : routed).push(took);
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, PACED_MS - took)));
  }
  agent.destroy();
  const added = median(routed) - median(direct);
  return [{ name: 'added to one request at 100 a second, p50', value: added, unit: 'ms', goal: 0.3 }];
}

async function bodies(router: OwnRouter): Promise<Row[]> {
  const up = await grownBy(router.pid, async () => {
    const sent = request(`${router.url}/up`, { method: 'POST', headers: { 'content-length': BYTES } });
    const answered = once(sent, 'response') as Promise<[IncomingMessage]>;
    await pipeline(zeros(), sent);
    const [response] = await answered;
    response.resume();
    if (response.statusCode !== 200) throw new Error(`the upload ended with ${response.statusCode}`);
  });
  let received = 0;
  const down = await grownBy(router.pid, async () => {
    const [response] = (await once(request(`${router.url}/down`).end(), 'response')) as [IncomingMessage];
    await pipeline(
      response,
      new Writable({
        write(piece: Buffer, _, done) {
          received += piece.length;
          done();
        },
      }),
    );
  });
  if (received !== BYTES) throw new Error(`${received} of ${BYTES} bytes came down`);
  return [
    { name: `memory grown by an upload of ${BYTES / 1e9} GB`, value: up, unit: 'MB', goal: 50 },
    { name: `memory grown by a download of ${BYTES / 1e9} GB`, value: down, unit: 'MB', goal: 50 },
  ];
}

async function idleClients(bench: Bench, router: OwnRouter): Promise<Row[]> {
  const sockets: Socket[] = [];
  bench.after(async () => sockets.forEach((socket) => socket.destroy()));
  while (sockets.length < IDLE)
    sockets.push(...(await Promise.all(Array.from({ length: AT_A_TIME }, () => idle(router.port)))));
  const took: number[] = [];
  for (let call = 0; call < CALLS; call += 1) {
    const began = performance.now();
    await http(`${router.url}/`, {});
    took.push(performance.now() - began);
  }
  took.sort((a, b) => a - b);
  return [
    { name: `memory with ${IDLE} idle connections`, value: residentMb(router.pid), unit: 'MB', goal: 300 },
    { name: '  p99 of others meanwhile', value: took[Math.floor(CALLS * 0.99)] ?? 0, unit: 'ms', goal: 50 },
  ];
}

/** A connection that has had one answer. */
async function idle(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  await once(socket, 'data');
  socket.pause();
  return socket;
}

/** Megabytes that the process held more at most than before. */
async function grownBy(pid: number, work: () => Promise<void>): Promise<number> {
  const before = residentMb(pid);
  let most = before;
  const timer = setInterval(() => (most = Math.max(most, residentMb(pid))), SAMPLE_MS);
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  return most - before;
}

function zeros(): Readable {
  let left = BYTES;
  return new Readable({
    read() {
      if (left === 0) return void this.push(null);
      const piece = left >= PIECE.length ? PIECE : PIECE.subarray(0, left);
      left -= piece.length;
      this.push(piece);
    },
  });
}
