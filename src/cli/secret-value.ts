import { FaasoError } from '../core/errors.ts';
import { isSecretName } from '../core/names.ts';
import type { Io } from './io.ts';

/** More is never a secret: it is refused by the store, and need not be read to its end for that. */
const READ_LIMIT = 1024 * 1024;

const [CTRL_C, CTRL_D, BACKSPACE, NEWLINE, RETURN, CTRL_U, DELETE] = [3, 4, 8, 10, 13, 21, 127] as const;

/**
 * A secret's value: what standard input holds, without the newline that `echo` puts at its end; on a terminal a line
 * that is typed and not shown. `undefined` after Ctrl-C.
 */
export async function readSecret(io: Io, name: string): Promise<Uint8Array | undefined> {
  return await readHidden(io, `Value of ${name}`, `faaso secret set ${name} < FILE`);
}

/** As {@link readSecret}. `asked` is what is asked for on a terminal; `otherWay` gives it as a file. */
export async function readHidden(io: Io, asked: string, otherWay: string): Promise<Uint8Array | undefined> {
  return io.input.isTTY ? await readTyped(io, asked, otherWay) : withoutNewline(await readAll(io));
}

/** The error for a value on the command line, which says it nowhere again. */
export function valueIsNoArgument(name: string): FaasoError {
  const shown = isSecretName(name) ? name : 'NAME';
  return new FaasoError('usage', 'the value of a secret is no argument: it is read from standard input', {
    details: ['what was typed here is in the history of the shell now: better set another value'],
    hint: `faaso secret set ${shown} asks for it; from a file: faaso secret set ${shown} < FILE`,
  });
}

async function readAll({ input }: Io): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of input.bytes()) {
    chunks.push(chunk);
    size += chunk.byteLength;
    if (size > READ_LIMIT) break;
  }
  return Buffer.concat(chunks);
}

/** A value that ends in several newlines means them. */
function withoutNewline(value: Buffer): Buffer {
  return value.at(-1) === NEWLINE && value.at(-2) !== NEWLINE ? value.subarray(0, -1) : value;
}

async function readTyped({ input, err }: Io, asked: string, otherWay: string): Promise<Buffer | undefined> {
  err.write(`${asked} (not shown): `);
  input.setRaw(true);
  const chunks = input.bytes()[Symbol.asyncIterator]();
  try {
    const typed: number[] = [];
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) {
      for (const [index, byte] of [...next.value].entries()) {
        if (byte === CTRL_C) return undefined;
        if (byte === RETURN || byte === NEWLINE || byte === CTRL_D) {
          // What is left of a paste would go to the shell, which shows and runs it.
          if (next.value.length > index + 2) throw severalLines(otherWay);
          return Buffer.from(typed);
        }
        if (byte === CTRL_U) typed.length = 0;
        else if (byte === BACKSPACE || byte === DELETE) dropCharacter(typed);
        else typed.push(byte);
      }
    }
    return Buffer.from(typed);
  } finally {
    // Before the input is closed: afterwards the terminal cannot be reached, and Ctrl-C would be a key like others.
    input.setRaw(false);
    err.write('\n');
    await chunks.return?.();
  }
}

/** The last character, which has several bytes in UTF-8 where it is not ASCII. */
function dropCharacter(typed: number[]): void {
  for (let byte = typed.pop(); byte !== undefined && (byte & 0xc0) === 0x80; byte = typed.pop());
}

function severalLines(otherWay: string): FaasoError {
  return new FaasoError('usage', 'a value of several lines cannot be pasted', {
    hint: `give it as a file: ${otherWay}`,
  });
}
