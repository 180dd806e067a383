import { describe, expect, test } from 'vitest';

import {
  DURATION_PATTERN,
  formatDuration,
  formatSize,
  parseDuration,
  parseSize,
  SIZE_PATTERN,
} from '../../../src/config/units.ts';

describe('durations', () => {
  test.each([
    ['500ms', 500],
    ['10s', 10_000],
    ['1m30s', 90_000],
    ['2h', 7_200_000],
    ['1.5s', 1_500],
    ['1h2m3s4ms', 3_723_004],
    ['0s', 0],
  ])('%s is %d ms', (text, ms) => {
    expect(text).toMatch(new RegExp(DURATION_PATTERN));
    expect(parseDuration(text)).toBe(ms);
  });

  test.each(['', '10', '10 s', '-1s', 's', '1s1m', '1d', '1e3s', '10S', '1.s', '10s\n'])(
    '%j is none',
    (text) => {
      expect(text).not.toMatch(new RegExp(DURATION_PATTERN));
    },
  );

  test.each([
    [500, '500ms'],
    [60_000, '1m'],
    [90_000, '90s'],
    [0, '0ms'],
  ])('%d ms are shown as %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });
});

describe('sizes', () => {
  test.each([
    ['64m', 67_108_864],
    ['10mb', 10_485_760],
    ['10MiB', 10_485_760],
    ['1g', 1_073_741_824],
    ['512k', 524_288],
    ['1.5g', 1_610_612_736],
    ['1024', 1024],
    ['7b', 7],
    [1024, 1024],
  ])('%s is %d bytes', (value, bytes) => {
    expect(String(value)).toMatch(new RegExp(SIZE_PATTERN));
    expect(parseSize(value)).toBe(bytes);
  });

  test.each(['', 'm', '64 m', '-1m', '1x', '1mm', '1bi', '0x10', '1e3'])('%j is none', (text) => {
    expect(text).not.toMatch(new RegExp(SIZE_PATTERN));
  });

  test.each([
    [67_108_864, '64m'],
    [1_073_741_824, '1g'],
    [1000, '1000 bytes'],
    [1, '1 byte'],
  ])('%d bytes are shown as %s', (bytes, text) => {
    expect(formatSize(bytes)).toBe(text);
  });
});
