import { describe, expect, it } from 'vitest';

import type { FunctionName } from '../../../src/core/names.ts';
import { instanceId } from '../../../src/core/names.ts';
import type { RouterSettings } from '../../../src/core/specs.ts';
import { liveOf } from '../../../src/reconcile/live.ts';
import type { Live } from '../../../src/reconcile/live.ts';
import { Publisher, tableEntries } from '../../../src/reconcile/publisher.ts';
import type { RouteEntry, Router, RouteTable } from '../../../src/router/router.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { appliedRelease, appliedState, nameOf, routeOf } from '../../support/releases.ts';

const SETTINGS: RouterSettings = { kind: 'builtin', host: '127.0.0.1', port: 0, trustedProxies: [] };

/** What reaches the router, one after the other; a call ends when the test says so. */
class Recorder {
  readonly calls: string[] = [];
  readonly tables: RouteTable[] = [];
  fail: Error | undefined;
  hold: Promise<void> | undefined;
  readonly router = {
    start: (settings: RouterSettings, table: RouteTable) => this.#take(`start ${settings.port}`, table),
    setTable: (table: RouteTable) => this.#take('table', table),
  } as unknown as Router;

  async #take(call: string, table: RouteTable): Promise<void> {
    this.calls.push(`${call} ${table.entries.map((entry) => entry.path).join(' ')}`);
    await this.hold;
    if (this.fail !== undefined) throw this.fail;
    this.tables.push(table);
  }
}

function entry(path: string): RouteEntry {
  return { ...routeOf(path, 'sum'), target: { kind: 'unready', reason: 'starting', retryAfterSeconds: 2 } };
}

describe('the table', () => {
  it('leads to the instance that a function has, and elsewhere says that it is not ready', () => {
    const live = new Map<FunctionName, Live>();
    liveOf({ live, clock: new FakeClock() }, nameOf('sum')).target = {
      instance: instanceId('a'),
      port: 20_001,
    };
    const entries = tableEntries(appliedState(appliedRelease('sum'), appliedRelease('mul')), live);
    expect(entries.map(({ path, target }) => [path, target])).toEqual([
      ['/sum', { kind: 'instance', instance: 'a', port: 20_001 }],
      ['/mul', { kind: 'unready', reason: 'starting', retryAfterSeconds: 2 }],
    ]);
    expect(tableEntries(undefined, live)).toEqual([]);
  });
});

describe('the publisher', () => {
  it('says nothing before the router listens, and then all of it', async () => {
    const recorder = new Recorder();
    const publisher = new Publisher(recorder.router, () => [entry('/sum')]);
    await publisher.publish();
    expect(recorder.calls).toEqual([]);
    await publisher.listen(SETTINGS);
    expect(recorder.calls).toEqual(['start 0 /sum']);
  });

  it('says nothing twice', async () => {
    const recorder = new Recorder();
    let path = '/sum';
    const publisher = new Publisher(recorder.router, () => [entry(path)]);
    await publisher.listen(SETTINGS);
    await publisher.listen(SETTINGS);
    await publisher.publish();
    path = '/plus';
    await publisher.publish();
    await publisher.publish();
    await publisher.listen({ ...SETTINGS, port: 1 });
    expect(recorder.calls).toEqual(['start 0 /sum', 'table /plus', 'start 1 /plus']);
  });

  it('hands over one table at a time, the newest last', async () => {
    const recorder = new Recorder();
    let path = '/1';
    const publisher = new Publisher(recorder.router, () => [entry(path)]);
    await publisher.listen(SETTINGS);
    let letGo = (): void => undefined;
    recorder.hold = new Promise((resolve) => (letGo = resolve));
    const published: Promise<void>[] = [];
    for (path of ['/2', '/3', '/4']) {
      published.push(publisher.publish());
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(recorder.calls.slice(1)).toEqual(['table /2']);
    letGo();
    await Promise.all(published);
    expect(recorder.calls.slice(1)).toEqual(['table /2', 'table /4']);
  });

  it('says again what the router refused', async () => {
    const recorder = new Recorder();
    let path = '/sum';
    const publisher = new Publisher(recorder.router, () => [entry(path)]);
    await publisher.listen(SETTINGS);
    path = '/plus';
    recorder.fail = new Error('no');
    await expect(publisher.publish()).rejects.toThrow('no');
    await expect(publisher.listen({ ...SETTINGS, port: 1 })).rejects.toThrow('no');
    recorder.fail = undefined;
    await publisher.publish();
    await publisher.listen({ ...SETTINGS, port: 1 });
    expect(recorder.tables.map((table) => table.entries[0]?.path)).toEqual(['/sum', '/plus', '/plus']);
  });
});
