import { createHash } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { hashPassword } from '../../../src/core/passwords.ts';
import type { RouteAuth } from '../../../src/core/specs.ts';
import type { RouteEntry } from '../../../src/router/router.ts';
import { startFunction } from '../../support/upstream.ts';
import { statuses, Wire } from '../../support/wire.ts';
import { GUARDING_KINDS, route, startBench } from './bench.ts';
import type { Bench } from './bench.ts';

const KEY = 'faaso_0123456789abcdefghijklmnopqrstuvwxyz';
const keys = { ci: createHash('sha256').update(KEY).digest('hex') };

/** Unique, because a password that was right is known from then on. */
let passwords = 0;

describe.each(GUARDING_KINDS)('the table changes while a request waits in the %s router', (kind) => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await startBench(kind);
  });
  afterAll(() => bench.close());

  const functionThatSays = async (text: string): ReturnType<typeof startFunction> =>
    await startFunction((_, res) => res.end(text));
  const instanceOf = ({ target }: RouteEntry): Parameters<Bench['router']['drain']>[0] => {
    if (target.kind !== 'instance') throw new Error('the route is unready');
    return target.instance;
  };
  const head = (path: string, user: string, password: string): string =>
    `GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Basic ${Buffer.from(`${user}:${password}`).toString('base64')}\r\n\r\n`;

  /**
   * Sends a request whose password is verified behind two others, and meanwhile serves each of `tables`, drains the
   * instance of before and ends it.
   */
  const changed = async (path: string, ...tables: ((auth: RouteAuth) => RouteEntry)[]): Promise<Wire> => {
    for (;;) {
      const password = `right ${passwords++}`;
      const auth: RouteAuth = { keys, basic: { ada: await hashPassword(password) } };
      let early = 0;
      const before = await startFunction((_, res) => {
        early++;
        res.end('from the old one');
      });
      const beside = await functionThatSays('beside');
      const old = route('/a', before.port, { auth });
      await bench.serve(old, route('/beside', beside.port));
      for (let i = 0; i < 2; i++) Wire.open(bench.port).send(head('/a', 'ada', `wrong ${passwords++}`));
      const wire = Wire.open(bench.port).send(head(path, 'ada', password));
      // What is sent after it is answered, so it was read, and waits for its verdict.
      const probe = Wire.open(bench.port).send(
        'GET /beside HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
      );
      await probe.untilText('beside');
      for (const entry of tables) await bench.serve(entry(auth));
      await bench.router.drain(instanceOf(old), 30_000);
      await before.kill();
      // On a busy machine the verdict may have come before the table.
      if (early === 0) return wire;
    }
  };

  test('whose password is being verified goes to the new instance', async () => {
    const next = await functionThatSays('from the new one');
    const wire = await changed('/a', (auth) => route('/a', next.port, { auth }));
    await wire.untilText('from the new one', 20_000);
    expect(statuses(wire.received)[0]).toBe(200);
  }, 60_000);

  test('whose password is being verified goes to the last instance of several, guarded or not', async () => {
    const second = await functionThatSays('from the second');
    const third = await functionThatSays('from the third');
    const wire = await changed(
      '/a',
      (auth) => route('/a', second.port, { auth: { ...auth, keys: {} } }),
      () => route('/a', second.port),
      () => route('/a', third.port),
    );
    await wire.untilText('from the third', 20_000);
    expect(statuses(wire.received)[0]).toBe(200);
  }, 60_000);

  test('whose password is being verified is refused when its user is revoked', async () => {
    const next = await functionThatSays('from the new one');
    const wire = await changed('/a', ({ basic }) =>
      route('/a', next.port, { auth: { keys, basic: { bob: basic['ada'] ?? '' } } }),
    );
    await wire.untilText('unauthorized', 20_000);
    expect(statuses(wire.received)[0]).toBe(401);
  }, 60_000);

  test('which now would lead into what is reserved gets 404', async () => {
    const next = await functionThatSays('reserved');
    const wire = await changed('/a/_faaso/health', (auth) =>
      route('/a', next.port, { auth, stripPrefix: true }),
    );
    await wire.untilText('no-route', 20_000);
    expect(statuses(wire.received)[0]).toBe(404);
  }, 60_000);

  test('for its turn is asked anew who sent it', async () => {
    const waiting: (() => void)[] = [];
    const busy = await startFunction((_, res) => waiting.push(() => res.end('first')));
    const concurrency = { requests: 1, queue: 5, waitMs: 20_000 };
    const auth: RouteAuth = { keys, basic: {} };
    const other = createHash('sha256').update('another').digest('hex');
    await bench.serve(route('/a', busy.port, { auth, concurrency }));
    // Both are read at once, so that one waits when the other has arrived.
    const wire = Wire.open(bench.port).send(
      `GET /a HTTP/1.1\r\nHost: x\r\nX-API-Key: ${KEY}\r\n\r\n`.repeat(2),
    );
    await expect.poll(() => waiting.length).toBe(1);
    const next = await functionThatSays('second');
    await bench.serve(route('/a', next.port, { auth: { keys: { ci: other }, basic: {} }, concurrency }));
    waiting[0]?.();
    await wire.untilText('unauthorized');
    expect(statuses(wire.received)).toEqual([200, 401]);
  });
});
