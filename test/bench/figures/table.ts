import { setTimeout as delay } from 'node:timers/promises';

import { WebSocket, WebSocketServer } from 'ws';

import type { RouterSettings } from '../../../src/core/specs.ts';
import type { Figure, Row } from '../figure.ts';
import { Skipped } from '../figure.ts';
import type { Bench } from '../support/bench.ts';
import { chooseHammer } from '../support/hammer.ts';
import { entry, startRouter, startServer, startWatchedRouter } from '../support/own-router.ts';
import { median, timed } from '../support/stats.ts';
import { startLoad } from '../../support/load.ts';

const MANY = 1000;
const ROUNDS = 7;
const SWITCHES = 50;
const SWAPS_MS = 30_000;
const SWAP_EVERY_MS = 100;
const RATE = 500;
const SOCKETS = 20;
const LATENESS_TURNS = 50;

/** What the size of the table costs, what a change of it does, and what a redeploy every 100 ms loses. */
export const table: Figure = {
  name: 'table',
  about: `${MANY} routes beside 2, switches of one, and ten redeploys a second for ${SWAPS_MS / 1000} s`,
  run: async (bench) => [
    ...(await sizes(bench)),
    ...(await lateness(bench)),
    ...(await swaps(bench, 'builtin')),
    ...(await swaps(bench, 'caddy').catch((error: unknown) => {
      if (!(error instanceof Skipped)) throw error;
      bench.note(`skipped: ${error.message}`);
      return [];
    })),
  ],
};

async function sizes(bench: Bench): Promise<Row[]> {
  const { port } = await startServer(bench, (_, response) => response.end('hello'));
  const { port: other } = await startServer(bench, (_, response) => response.end('other'));
  const many = (last: number) =>
    Array.from({ length: MANY }, (_, i) => entry(`/f${i}/part`, `f${i}`, i === MANY - 1 ? last : port));
  const [few, full] = [await startRouter(bench, 'builtin'), await startRouter(bench, 'builtin')];
  await few.serve(many(port).slice(-2));
  await full.serve(many(port));
  const path = `/f${MANY - 1}/part/x`;
  const { hammer } = chooseHammer();
  const ratios: number[] = [];
  for (const { url } of [few, full]) await hammer(`${url}${path}`, 1, 32);
  for (let round = 0; round < ROUNDS; round += 1) {
    const small = await hammer(`${few.url}${path}`, 2, 32);
    const large = await hammer(`${full.url}${path}`, 2, 32);
    ratios.push(small.requests / small.seconds / (large.requests / large.seconds));
  }
  const took: number[] = [];
  for (let round = 0; round < SWITCHES; round += 1)
    took.push(await timed(() => full.serve(many(round % 2 === 0 ? other : port))));
  return [
    { name: `requests/s with 2 routes by those with ${MANY}`, value: median(ratios), unit: '×', goal: 1.05 },
    { name: `one route of ${MANY} switched`, value: median(took), unit: 'ms', goal: 5 },
  ];
}

/** What new tables do to requests on their way: how late the event loop is that carries them. */
async function lateness(bench: Bench): Promise<Row[]> {
  const { port } = await startServer(bench, (_, response) => response.end('hello'));
  const router = await startWatchedRouter(bench);
  const many = Array.from({ length: MANY }, (_, i) => entry(`/f${i}/part`, `f${i}`, port));
  await router.serve(many);
  const load = startLoad({ url: `${router.url}/f0/part`, rate: RATE, isRight: (text) => text === 'hello' });
  const during = async (work: () => Promise<void>): Promise<number> => {
    await router.lateness();
    for (let turn = 0; turn < LATENESS_TURNS; turn += 1) {
      await work();
      await delay(SWAP_EVERY_MS);
    }
    return (await router.lateness()).p99Ms;
  };
  const quiet = await during(async () => undefined);
  const swapped = await during(() => router.serve(many));
  const { lost } = await load.stop();
  return [
    { name: `event loop late, p99, at ${RATE} requests/s`, value: quiet, unit: 'ms' },
    {
      name: `the same with ${MANY} routes put in place each ${SWAP_EVERY_MS} ms`,
      value: swapped,
      unit: 'ms',
      goal: 5,
    },
    { name: 'requests lost meanwhile', value: lost.length, unit: '', goal: 0 },
  ];
}

async function swaps(bench: Bench, kind: RouterSettings['kind']): Promise<Row[]> {
  const router = await startRouter(bench, kind);
  const ports: number[] = [];
  for (const text of ['a', 'b']) {
    const { port, server } = await startServer(bench, (_, response) => response.end(text));
    const sockets = new WebSocketServer({ server });
    sockets.on('connection', (socket) => socket.on('message', (data: Buffer) => socket.send(data)));
    ports.push(port);
  }
  const serve = (turn: number): Promise<void> => router.serve([entry('/f', 'f', ports[turn % 2] ?? 0)]);
  await serve(0);
  const sockets = await Promise.all(
    Array.from({ length: SOCKETS }, () => openSocket(bench, `ws://127.0.0.1:${router.port}/f`)),
  );
  const load = startLoad({ url: `${router.url}/f`, rate: RATE, isRight: (text) => /^[ab]$/.test(text) });
  const took: number[] = [];
  const end = performance.now() + SWAPS_MS;
  for (let turn = 1; performance.now() < end; turn += 1) {
    took.push(await timed(() => serve(turn)));
    await delay(SWAP_EVERY_MS);
  }
  const { answered, lost } = await load.stop();
  for (const what of new Set(lost)) bench.note(`lost: ${what}`);
  const alive = await Promise.all(sockets.map((socket) => echoes(socket)));
  return [
    { name: `${kind}: requests over ${took.length} swaps`, value: answered.length + lost.length, unit: '' },
    { name: `${kind}: lost`, value: lost.length, unit: '', goal: 0 },
    { name: `${kind}: WebSockets closed`, value: alive.filter((is) => !is).length, unit: '', goal: 0 },
    { name: `${kind}: one swap`, value: median(took), unit: 'ms' },
  ];
}

async function openSocket(bench: Bench, url: string): Promise<WebSocket> {
  const socket = new WebSocket(url);
  bench.after(async () => socket.terminate());
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  return socket;
}

async function echoes(socket: WebSocket): Promise<boolean> {
  if (socket.readyState !== WebSocket.OPEN) return false;
  const back = new Promise<boolean>((resolve) => socket.once('message', () => resolve(true)));
  socket.send('still there');
  return await Promise.race([back, delay(2000, false)]);
}
