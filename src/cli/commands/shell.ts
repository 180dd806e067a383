import type { Client } from '../../control/api.ts';
import { FaasoError } from '../../core/errors.ts';
import { createInterrupt } from '../interrupt.ts';
import type { Io } from '../io.ts';
import { printData } from '../render/print.ts';
import type { Call } from '../verb.ts';

type Session = Awaited<ReturnType<Client['exec']>>;
type Program = Parameters<Client['exec']>[1];

/** Where a terminal does not say how large it is. */
const USUAL_SIZE = { columns: 80, rows: 24 };

/** `faaso shell NAME [-- COMMAND…]` */
export async function run(call: Call): Promise<number> {
  const { io, json } = call;
  const [name = '', ...command] = call.args;
  const isOnTerminal = io.input.isTTY && io.out.isTTY && !json;
  if (json && io.input.isTTY && command.length === 0) {
    throw new FaasoError('usage', 'a shell on a terminal has no answer to give as JSON', {
      hint: `name a program: faaso shell ${name} --json -- ls /app`,
    });
  }
  const client = await call.client();
  const program: Program = { command: command.length === 0 ? ['sh'] : command };
  const session = await client.exec(name, isOnTerminal ? { ...program, terminal: sizeOf(io) } : program);
  const interrupt = createInterrupt(io, () => session.close());
  const restore = isOnTerminal ? takeTerminal(io, session) : (): void => undefined;
  try {
    void passInput(io, session);
    const output = json ? await collect(session) : await passOutput(io, session);
    if (interrupt.signal.aborted) return 130;
    // Whoever reads has seen enough, as `head` does.
    if (io.readerGone.aborted) return 0;
    const exitCode = await session.exitCode();
    if (json) printData(io, { exitCode, ...output });
    return exitCode;
  } catch (error) {
    if (interrupt.signal.aborted) return 130;
    throw error;
  } finally {
    restore();
    interrupt.release();
    session.close();
  }
}

/** From here on every key goes to the program, which draws on the terminal as it likes. Returns the way back. */
function takeTerminal(io: Io, session: Session): () => void {
  io.input.setRaw(true);
  const release = io.onResize(() => void session.resize(sizeOf(io)).catch(() => undefined));
  return () => {
    release();
    io.input.setRaw(false);
  };
}

function sizeOf({ out }: Io): { readonly columns: number; readonly rows: number } {
  return { columns: out.columns ?? USUAL_SIZE.columns, rows: out.rows ?? USUAL_SIZE.rows };
}

/** Nobody waits for its end: the program may well end first. */
async function passInput(io: Io, session: Session): Promise<void> {
  try {
    for await (const data of io.input.bytes()) session.write(data);
  } catch {
    // A terminal that was closed: the end of what was typed.
  }
  session.end();
}

async function passOutput(io: Io, session: Session): Promise<undefined> {
  for await (const { stream, data } of session.output) {
    if (io.readerGone.aborted) return;
    await (stream === 'stdout' ? io.out : io.err).writeBytes(data);
  }
}

async function collect(session: Session): Promise<{ readonly stdout: string; readonly stderr: string }> {
  const parts = { stdout: [] as Uint8Array[], stderr: [] as Uint8Array[] };
  for await (const { stream, data } of session.output) parts[stream].push(data);
  const text = (chunks: readonly Uint8Array[]): string => Buffer.concat(chunks).toString('utf8');
  return { stdout: text(parts.stdout), stderr: text(parts.stderr) };
}
