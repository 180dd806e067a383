import { describe, expect, it } from 'vitest';

import { Ports } from '../../../src/reconcile/ports.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const RANGE = { first: 20_000, last: 20_002 };
const NOBODY: ReadonlySet<number> = new Set();

describe('host ports', () => {
  it('are given out from the first, past those in a label', () => {
    const ports = new Ports(new FakeClock());
    expect(ports.reserve(RANGE, NOBODY)).toBe(20_000);
    expect(new Ports(new FakeClock()).reserve(RANGE, new Set([20_000]))).toBe(20_001);
  });

  it('are not given out twice while nobody has settled', () => {
    const ports = new Ports(new FakeClock());
    expect([ports.reserve(RANGE, NOBODY), ports.reserve(RANGE, NOBODY)]).toEqual([20_000, 20_001]);
    ports.settle(20_000);
    expect(ports.reserve(RANGE, NOBODY)).toBe(20_000);
  });

  it('rest for a minute after an instance has left them', async () => {
    const clock = new FakeClock();
    const ports = new Ports(clock);
    ports.freed(20_000);
    await clock.advance(59_999);
    expect(ports.reserve(RANGE, NOBODY)).toBe(20_001);
    await clock.advance(1);
    expect(ports.reserve(RANGE, NOBODY)).toBe(20_000);
  });

  it('do not rest when there is no other', () => {
    const ports = new Ports(new FakeClock());
    ports.freed(20_001);
    expect(ports.reserve(RANGE, new Set([20_000, 20_002]))).toBe(20_001);
  });

  it('that are all in use are an error that names the range', () => {
    const ports = new Ports(new FakeClock());
    const used = new Set([20_000, 20_001, 20_002]);
    expect(() => ports.reserve(RANGE, used)).toThrow(
      expect.objectContaining({ code: 'ports-exhausted', message: 'no host port of 20000-20002 is free' }),
    );
  });
});
