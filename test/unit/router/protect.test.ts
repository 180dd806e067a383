import { BlockList } from 'node:net';
import { hostname } from 'node:os';

import { describe, expect, test } from 'vitest';

import { clientAddress, countedAs, isLocal } from '../../../src/router/builtin/protect/client-address.ts';
import { credentialsOf } from '../../../src/router/builtin/protect/credentials.ts';
import { RateCounter } from '../../../src/router/builtin/protect/rate.ts';

const trust = new BlockList();
trust.addSubnet('10.0.0.0', 8, 'ipv4');
trust.addAddress('127.0.0.1', 'ipv4');

describe('the address of whoever asks', () => {
  test.each([
    ['203.0.113.1', '1.1.1.1', '203.0.113.1'],
    ['10.0.0.1', undefined, '10.0.0.1'],
    ['10.0.0.1', '1.1.1.1', '1.1.1.1'],
    ['10.0.0.1', '6.6.6.6, 1.1.1.1, 10.0.0.9', '1.1.1.1'],
    ['10.0.0.1', '10.0.0.3, 10.0.0.9', '10.0.0.3'],
    ['10.0.0.1', '1.1.1.1:5000', '1.1.1.1'],
    ['10.0.0.1', '[2001:DB8::1]:5000', '2001:db8::1'],
    ['10.0.0.1', '::ffff:1.1.1.1', '1.1.1.1'],
    ['10.0.0.1', '1.1.1.1, nonsense', 'unknown'],
    ['10.0.0.1', '', 'unknown'],
  ])('from %s with X-Forwarded-For %s is %s', (peer, given, wanted) => {
    const headers = given === undefined ? {} : { 'x-forwarded-for': given };
    expect(clientAddress(peer, headers, trust)).toBe(wanted);
  });

  test.each([
    ['::1', {}, undefined, true],
    ['127.3.2.1', {}, undefined, true],
    ['172.17.0.2', {}, undefined, false],
    ['', {}, undefined, false],
    ['127.0.0.1', { 'x-forwarded-for': '127.0.0.1' }, undefined, false],
    ['127.0.0.1', { via: '1.1 proxy' }, undefined, false],
    ['127.0.0.1', { via: '1.1 proxy' }, trust, false],
    ['127.0.0.1', { 'x-forwarded-for': '127.0.0.1' }, trust, true],
    ['127.0.0.1', { 'x-forwarded-for': '1.2.3.4' }, trust, false],
    ['10.0.0.1', {}, trust, false],
    ['1270.0.0.1.evil', {}, undefined, false],
    ['127.0.0.1', { host: 'LocalHost:8080' }, undefined, true],
    ['127.0.0.1', { host: 'app.localhost' }, undefined, true],
    ['127.0.0.1', { host: '127.0.0.1:8080' }, undefined, true],
    ['127.0.0.1', { host: '[::1]:8080' }, undefined, true],
    ['127.0.0.1', { host: hostname().toUpperCase() }, undefined, true],
    ['127.0.0.1', { host: 'own.example' }, undefined, true],
    ['127.0.0.1', { host: 'evil.example' }, undefined, false],
    ['127.0.0.1', { host: 'evil.example', 'x-forwarded-for': '127.0.0.1' }, trust, true],
  ])('%s with %o is this machine: %#', (peer, headers, trusted, wanted) => {
    expect(isLocal(peer, headers, trusted, 'own.example')).toBe(wanted);
  });

  test.each([
    ['1.2.3.4', '1.2.3.4'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['2001:0db8::', '2001:db8:0:0'],
    ['::1', '0:0:0:0'],
    ['fe80::1:2:3:4:5', 'fe80:0:0:1'],
  ])('%s counts as %s', (address, wanted) => {
    expect(countedAs(address)).toBe(wanted);
  });
});

describe('credentials', () => {
  test.each([
    [{ authorization: 'Bearer' }, 0],
    [{ authorization: 'Bearer a b' }, 0],
    [{ authorization: 'Basic' }, 0],
    [{ authorization: `Basic ${Buffer.from('nocolon').toString('base64')}` }, 0],
    [{ authorization: `Basic ${Buffer.from(':nouser').toString('base64')}` }, 0],
    [{ 'x-api-key': '' }, 0],
    [{ authorization: `Basic ${Buffer.from('a:').toString('base64')}` }, 1],
    [{ authorization: 'bearer  abc', 'x-api-key': 'def' }, 2],
  ])('in %o: %i', (headers, count) => {
    expect(credentialsOf(headers)).toHaveLength(count);
  });
});

describe('a rate', () => {
  test('lets exactly so many through in its time, however they come', () => {
    const counter = new RateCounter({ requests: 10, perMs: 1000, burst: 10, by: 'client' });
    let passed = 0;
    for (let now = 0; now < 10_000; now += 7) if (counter.take('a', now) === 0) passed += 1;
    // The burst, and ten in each of ten seconds.
    expect(passed).toBeGreaterThanOrEqual(108);
    expect(passed).toBeLessThanOrEqual(110);
  });

  test('says how long to wait, and then lets one through', () => {
    const counter = new RateCounter({ requests: 1, perMs: 3000, burst: 1, by: 'client' });
    expect(counter.take('a', 50)).toBe(0);
    const wait = counter.take('a', 1050);
    expect(wait).toBe(2000);
    expect(counter.take('a', 1050 + wait)).toBe(0);
  });

  test('remembers no more callers than it may, the last ones', () => {
    const counter = new RateCounter({ requests: 1, perMs: 1000, burst: 1, by: 'client' });
    for (let i = 0; i < 50_000; i += 1) counter.take(`caller ${i}`, i / 100);
    expect(counter.size).toBeLessThanOrEqual(10_000);
    expect(counter.take('caller 49999', 500)).toBeGreaterThan(0);
  });
});
