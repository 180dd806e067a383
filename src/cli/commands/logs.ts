import type { Client, FunctionLogLine, LogsRequest } from '../../control/api.ts';
import { FaasoError } from '../../core/errors.ts';
import { createInterrupt } from '../interrupt.ts';
import { createLogPrinter } from '../render/logs.ts';
import { wantsColor } from '../render/paint.ts';
import { printData } from '../render/print.ts';
import { parseSince } from '../since.ts';
import type { Call } from '../verb.ts';

/** `faaso logs [NAME…]` */
export async function run(call: Call): Promise<number> {
  const { io, args } = call;
  const request = readRequest(call);
  const client = await call.client();
  const interrupt = createInterrupt(io, () => undefined);
  try {
    const print = call.json
      ? (line: FunctionLogLine): void => printData(io, line)
      : createLogPrinter(
          io,
          await namesOf(client, args),
          wantsColor(io, io.out, !call.flag('--no-color')),
          call.paint,
        );
    const signal = AbortSignal.any([interrupt.signal, io.readerGone]);
    await client.logs(request, print, signal);
    // Ctrl-C is how one leaves a log that is followed; a log that was cut short is another matter.
    return interrupt.signal.aborted && !request.follow ? 130 : 0;
  } finally {
    interrupt.release();
  }
}

/** One function needs no prefix, also when it is the only one there is. */
async function namesOf(client: Client, args: readonly string[]): Promise<readonly string[]> {
  if (args.length > 0) return [...new Set(args)];
  return (await client.status()).functions.map((item) => item.name);
}

function readRequest(call: Call): LogsRequest {
  const since = call.value('--since');
  const tail = call.value('--tail');
  return {
    names: call.args,
    follow: call.flag('--follow'),
    ...(since === undefined ? {} : { since: parseSince(since, call.io.now()) }),
    ...(tail === undefined ? {} : { tail: parseTail(tail) }),
  };
}

function parseTail(text: string): number {
  const tail = /^\d{1,9}$/.test(text) ? Number(text) : undefined;
  if (tail === undefined)
    throw new FaasoError('usage', `--tail takes a number of lines, not "${text}"`, {
      hint: 'for example --tail 20',
    });
  return tail;
}
