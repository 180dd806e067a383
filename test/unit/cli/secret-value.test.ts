import { Readable } from 'node:stream';

import { describe, expect, it } from 'vitest';

import type { Input } from '../../../src/cli/io.ts';
import { readSecret } from '../../../src/cli/secret-value.ts';
import { TestIo } from '../../support/cli-io.ts';

/** A process whose standard input holds these chunks; what it does to the terminal goes to `raw`. */
class SecretIo extends TestIo {
  readonly raw: boolean[] = [];
  override readonly input: Input;

  constructor(chunks: readonly (string | Uint8Array)[], isTTY: boolean) {
    super();
    this.input = {
      isTTY,
      bytes: () => Readable.from(chunks.map((chunk) => Buffer.from(chunk))),
      setRaw: (raw) => void this.raw.push(raw),
    };
  }
}

async function piped(...chunks: readonly (string | Uint8Array)[]): Promise<string | undefined> {
  return text(await readSecret(new SecretIo(chunks, false), 'KEY'));
}

async function typed(...chunks: readonly string[]): Promise<string | undefined> {
  const io = new SecretIo(chunks, true);
  const value = text(await readSecret(io, 'KEY'));
  expect(io.raw).toEqual([true, false]);
  expect([io.stdout, io.stderr]).toEqual(['', 'Value of KEY (not shown): \n']);
  return value;
}

function text(value: Uint8Array | undefined): string | undefined {
  return value === undefined ? undefined : Buffer.from(value).toString('latin1');
}

describe("a secret's value from a pipe or file", () => {
  it('is all that there is, but for the newline that echo puts at its end', async () => {
    expect(await piped('s3c', 'ret\n')).toBe('s3cret');
    expect(await piped('s3cret')).toBe('s3cret');
    expect(await piped('two\nlines\n')).toBe('two\nlines');
    expect(await piped('meant\n\n')).toBe('meant\n\n');
    expect(await piped(Buffer.from([0, 255, 13, 10]))).toBe('\0\xff\r');
    expect(await piped()).toBe('');
  });

  it('that never ends is not read to its end', async () => {
    const io = new SecretIo([], false);
    let chunks = 0;
    const endless = async function* (): AsyncGenerator<Uint8Array> {
      for (; ; chunks += 1) yield Buffer.alloc(64 * 1024);
    };
    Object.assign(io.input, { bytes: endless });
    expect((await readSecret(io, 'KEY'))?.length).toBeGreaterThan(500 * 1024);
    expect(chunks).toBeLessThan(100);
  });
});

describe("a secret's value that is typed", () => {
  it('ends with Enter, and is not shown', async () => {
    expect(await typed('s', '3', 'cret', '\r')).toBe('s3cret');
    expect(await typed('s3cret\r\n')).toBe('s3cret');
    expect(await typed('s3cret\x04')).toBe('s3cret');
  });

  it('can be corrected, by characters of several bytes too', async () => {
    expect(await typed('ab\x7fc\r')).toBe('ac');
    expect(await typed('aä\x7f\x7f\x7fb\r')).toBe('b');
    expect(await typed('wrong\x15right\r')).toBe('right');
  });

  it('is given up with Ctrl-C, and the terminal is as it was', async () => {
    expect(await typed('s3c\x03')).toBeUndefined();
  });

  it('is not one line of several that were pasted', async () => {
    const io = new SecretIo(['-----BEGIN\rline two\r'], true);
    await expect(readSecret(io, 'KEY')).rejects.toMatchObject({
      code: 'usage',
      hint: 'give it as a file: faaso secret set KEY < FILE',
    });
    expect(io.raw).toEqual([true, false]);
  });
});
