import { describe, expect, test } from 'vitest';

import { isAddressRange, parseAdmin, parseHost, parseListen } from '../../../src/config/addresses.ts';

describe('a host', () => {
  test.each([
    ['example.org', 'example.org'],
    ['Example.ORG.', 'example.org'],
    ['localhost', 'localhost'],
    ['xn--bcher-kva.example', 'xn--bcher-kva.example'],
    ['10.0.0.1', '10.0.0.1'],
    ['::1', '[::1]'],
    ['[2001:DB8::1]', '[2001:db8::1]'],
    ['3com.example', '3com.example'],
  ])('%s is taken as %s', (text, value) => {
    expect(parseHost(text)).toEqual({ value });
  });

  test.each([
    '',
    '.',
    'a..b',
    '-a.example',
    'a_b',
    '*.example.org',
    'example.org:80',
    'http://example.org',
    'example.org/x',
    '300.0.0.1',
    'a b',
    'fe80::1%eth0',
    `${'a'.repeat(64)}.example`,
    'a.'.repeat(130),
    'examp\u043Be.org',
  ])('%j is none', (text) => {
    expect(parseHost(text)).toHaveProperty('problem');
  });
});

describe('an address to listen on', () => {
  test.each([
    ['127.0.0.1:8080', { host: '127.0.0.1', port: 8080 }],
    ['0.0.0.0:80', { host: '0.0.0.0', port: 80 }],
    ['[::]:8080', { host: '::', port: 8080 }],
    ['localhost:0', { host: 'localhost', port: 0 }],
  ])('%s is taken', (text, value) => {
    expect(parseListen(text)).toEqual({ value });
  });

  test.each([
    '8080',
    ':8080',
    '*:8080',
    '127.0.0.1',
    '127.0.0.1:65536',
    '::1:80',
    'a b:80',
    '1.2.3.4:-1',
    '[x]:80',
  ])('%s is none', (text) => {
    expect(parseListen(text)).toHaveProperty('problem');
  });
});

describe('the admin API of a Caddy', () => {
  test.each(['127.0.0.1:2019', '127.1.2.3:1', 'localhost:2019', '[::1]:2019', 'unix//run/caddy/admin.sock'])(
    '%s is on this host',
    (text) => {
      expect(parseAdmin(text)).toEqual({ value: text });
    },
  );

  test.each([
    ['10.1.2.3:2019', undefined],
    ['caddy.example.org:2019', undefined],
    ['127.0.0.1.example.org:2019', undefined],
    ['[2001:db8::1]:2019', undefined],
    ['127.0.0.1:99999', undefined],
    ['0.0.0.0:2019', '127.0.0.1:2019'],
    ['[::]:2019', '127.0.0.1:2019'],
    ['http://127.0.0.1:2019', '127.0.0.1:2019'],
    ['https://localhost:2019/', 'localhost:2019'],
  ])('%s is none', (text, suggestion) => {
    expect(parseAdmin(text)).toEqual({
      problem: expect.any(String) as unknown,
      ...(suggestion === undefined ? {} : { suggestion }),
    });
  });
});

test.each([
  ['10.0.0.0/8', true],
  ['10.0.0.1', true],
  ['::1', true],
  ['fd00::/8', true],
  ['0.0.0.0/0', true],
  ['10.0.0.0/33', false],
  ['10.0.0.0/', false],
  ['10.0.0.0/08', false],
  ['fd00::/129', false],
  ['10.0.0/8', false],
  ['example.org', false],
  ['fe80::1%eth0', false],
])('%s as a range of proxies: %s', (text, isRange) => {
  expect(isAddressRange(text)).toBe(isRange);
});
