import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { expect, onTestFinished, test } from 'vitest';

import type { InstanceId } from '../../../src/core/names.ts';
import type { RouterSettings } from '../../../src/core/specs.ts';
import { ControlClient } from '../../../src/router/builtin/adapter/control-client.ts';
import { startProcess, thisProgram } from '../../../src/router/builtin/adapter/spawn.ts';
import { createBuiltinRouter } from '../../../src/router/builtin/builtin.ts';
import { writeRoutesFile } from '../../../src/router/routes-file.ts';
import type { RouteEntry, Router, RouteTable } from '../../../src/router/router.ts';
import { freePort } from '../../support/ports.ts';
import { startFunction } from '../../support/upstream.ts';
import { bodyOf, statuses, Wire } from '../../support/wire.ts';
import { builtinOptions, SETTINGS } from './bench-options.ts';
import { newInstance, route } from './bench.ts';

const GET = 'GET /a HTTP/1.1\r\nHost: x\r\n\r\n';
const SLOW = GET.replace('/a', '/a/slow');
const BEFORE = 'data-plane-of-before-an-upgrade.ts';
const OTHER = 'data-plane-of-another-version.ts';

const table = (...entries: RouteEntry[]): RouteTable => ({ entries });

/** A data plane of before, with a request under way and a connection that is kept; and the router that succeeded it. */
interface Succeeded {
  readonly router: Router;
  readonly settings: RouterSettings;
  readonly socketPath: string;
  readonly instance: InstanceId;
  readonly slow: Wire;
  readonly kept: Wire;
  /** Has the slow request answered. */
  readonly finish: () => void;
  /** Resolves when the data plane of before has ended. */
  readonly exited: Promise<unknown>;
  readonly kill: () => Promise<void>;
}

async function succeed(file: string): Promise<Succeeded> {
  const folder = await mkdtemp(join(tmpdir(), 't-router-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const waiting: (() => void)[] = [];
  const first = await startFunction((req, res) => {
    if (req.url === '/a/slow') waiting.push(() => res.writeHead(200, { 'Content-Length': 4 }).end('slow'));
    else res.writeHead(200, { 'Content-Length': 3 }).end('old');
  });
  const options = builtinOptions(folder);
  const { socketPath, routesFile, logFile } = options;
  await mkdir(join(folder, 'run'), { mode: 0o700 });
  const settings = { ...SETTINGS, port: await freePort() };
  const instance = newInstance();
  const served = table(route('/a', { kind: 'instance', instance, port: first.port }));
  await writeRoutesFile(routesFile, { settings, table: served });
  const old = await startProcess(
    {
      entry: fileURLToPath(new URL(`fixtures/${file}`, import.meta.url)),
      execArgv: thisProgram().execArgv,
    },
    { socketPath, routesFile, successor: false },
    logFile,
  );
  onTestFinished(() => void old.kill('SIGKILL'));
  const exited = once(old, 'exit');
  await expect.poll(() => readFile(logFile, 'utf8'), { timeout: 20_000 }).toContain('"serving"');
  const kept = await Wire.open(settings.port).send(GET).untilText('old');
  const slow = Wire.open(settings.port).send(SLOW);
  await expect.poll(() => waiting.length).toBe(1);
  const router = createBuiltinRouter(options);
  onTestFinished(() => router.close('stop'));
  await router.start(settings, served);
  const finish = (): void => waiting[0]?.();
  return { router, settings, socketPath, instance, slow, kept, finish, exited, kill: () => first.kill() };
}

/** Whether a promise has resolved by the time that the router has answered something else. */
async function isPending(promise: Promise<unknown>, router: Router): Promise<boolean> {
  let over = false;
  void promise.then(() => (over = true));
  for (let i = 0; i < 5; i++) await router.inFlight();
  return !over;
}

test('a predecessor is counted, drained and goes by the table of its successor', async () => {
  const { router, instance, slow, kept, finish, exited, kill } = await succeed(BEFORE);
  expect(await router.inFlight()).toEqual({ a: 1 });
  const next = await startFunction((_, res) => res.end('new'));
  await router.setTable(table(route('/a', next.port)));
  const drained = router.drain(instance, 30_000);
  expect(await isPending(drained, router)).toBe(true);
  finish();
  await drained;
  await kill();
  await slow.untilEnd();
  expect(bodyOf(slow.received)).toBe('slow');
  await kept.send(GET).untilEnd();
  expect(statuses(kept.received)).toEqual([200, 200]);
  expect(kept.received).toMatch(/new/);
  await exited;
}, 60_000);

test('who may call no more is refused on a connection that a predecessor keeps, too', async () => {
  const { router, kept, finish } = await succeed(BEFORE);
  const { port } = await startFunction((_, res) => res.end('new'));
  const keys = { ci: createHash('sha256').update('key').digest('hex') };
  await router.setTable(table(route('/a', port, { auth: { keys, basic: {} } })));
  await kept.send(GET).untilEnd();
  expect(statuses(kept.received)).toEqual([200, 401]);
  finish();
}, 60_000);

test('its drain deadline counts for a predecessor, too', async () => {
  const { router, instance, slow } = await succeed(BEFORE);
  await router.setTable(table());
  await router.drain(instance, 100);
  await slow.untilText('function-replaced');
  expect(statuses(slow.received)).toEqual([504]);
}, 60_000);

test('stopping waits for what a predecessor has in flight, and lets its idle clients go', async () => {
  const { router, slow, kept, finish, exited } = await succeed(BEFORE);
  const closed = router.close('stop');
  await kept.untilEnd();
  finish();
  await slow.untilEnd();
  expect(bodyOf(slow.received)).toBe('slow');
  await Promise.all([closed, exited]);
}, 60_000);

test('a predecessor that cannot be asked is drained when it has ended, or at the deadline', async () => {
  const { router, instance, slow, kept, finish, exited } = await succeed(OTHER);
  await router.setTable(table());
  await router.drain(instance, 100);
  const drained = router.drain(instance, 30_000);
  expect(await isPending(drained, router)).toBe(true);
  finish();
  await slow.untilEnd();
  expect(bodyOf(slow.received)).toBe('slow');
  kept.socket.destroy();
  await Promise.all([drained, exited]);
}, 60_000);

test("a predecessor's predecessor is reached through it", async () => {
  const { router, settings, socketPath, instance, slow, kept, finish, exited } = await succeed(BEFORE);
  await router.close('leave');
  const client = await ControlClient.open(socketPath, 5000);
  await client.call('handover', { ...thisProgram(), state: { settings, table: table() } }, 20_000);
  await client.closed;
  const last = await ControlClient.open(socketPath, 5000);
  onTestFinished(() => last.close());
  expect(last.hello.pid).not.toBe(client.hello.pid);
  expect(await last.call('inFlight', null, 5000)).toEqual({
    functions: { a: 1 },
    instances: { [instance]: 1 },
  });
  await last.call('table', table(), 5000);
  await kept.send(GET).untilEnd();
  expect(statuses(kept.received)).toEqual([200, 404]);
  finish();
  await slow.untilEnd();
  await exited;
  await expect.poll(() => last.call('inFlight', null, 5000)).toEqual({ functions: {}, instances: {} });
}, 60_000);
