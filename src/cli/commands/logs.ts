import type { AccessLogReader, Client, FunctionLogLine, LogsRequest } from '../../control/api.ts';
import type { AccessLogLine } from '../../core/access.ts';
import { FaasoError } from '../../core/errors.ts';
import { logLineJson } from '../answers.ts';
import { createInterrupt } from '../interrupt.ts';
import { renderAccess } from '../render/access.ts';
import { createLogPrinter } from '../render/logs.ts';
import { wantsColor } from '../render/paint.ts';
import { plain } from '../render/safe.ts';
import { printData, printLines } from '../render/print.ts';
import { parseSince } from '../since.ts';
import type { Call } from '../verb.ts';

/** `faaso logs [NAME…]` */
export async function run(call: Call): Promise<number> {
  const { io, args } = call;
  if (call.flag('--access')) return await runAccess(call);
  const request = readRequest(call);
  const client = await call.client();
  const interrupt = createInterrupt(io, () => undefined);
  try {
    let shown = 0;
    const print = call.json
      ? (line: FunctionLogLine): void => printData(io, logLineJson(line))
      : createLogPrinter(
          io,
          await namesOf(client, args),
          wantsColor(io, io.out, !call.flag('--no-color')),
          call.paint,
          request.grep,
        );
    const signal = AbortSignal.any([interrupt.signal, io.readerGone]);
    const onLine = (line: FunctionLogLine): void => {
      shown += 1;
      print(line);
    };
    await client.logs(request, onLine, signal);
    // A script sees that nothing came; a person wonders.
    if (shown === 0 && io.out.isTTY && !call.json && !signal.aborted) io.err.write(`${noLine(request)}\n`);
    // Ctrl-C is how one leaves a log that is followed; a log that was cut short is another matter.
    return interrupt.signal.aborted && !request.follow ? 130 : 0;
  } finally {
    interrupt.release();
  }
}

function noLine({ grep, since, release }: LogsRequest): string {
  if (grep !== undefined) return `No line matches ${plain(grep.source)}.`;
  return since === undefined && release === undefined
    ? 'No line was written yet.'
    : 'No such line was written.';
}

/** `faaso logs --access [NAME…]` */
async function runAccess(call: Call): Promise<number> {
  const { io } = call;
  if (call.value('--release') !== undefined) {
    throw new FaasoError('usage', '--release is about what functions wrote, and not about requests', {
      hint: "a request's line names the instance that answered it",
    });
  }
  const { release: _, ...request } = readRequest(call);
  const client = await call.client();
  const interrupt = createInterrupt(io, () => undefined);
  try {
    const signal = AbortSignal.any([interrupt.signal, io.readerGone]);
    const onLine =
      call.json || !io.out.isTTY
        ? (line: AccessLogLine): void => printData(io, line)
        : (line: AccessLogLine): void => printLines(io, [renderAccess(line, call.paint)]);
    const onOff: AccessLogReader['onOff'] = (router) =>
      io.err.write(
        router === 'caddy'
          ? 'requests are not logged: faaso keeps no access log with Caddy yet, only with router.kind: builtin\n'
          : 'requests are not logged: set router.access_log: true in functions.yml, and apply it\n',
      );
    await client.accessLog(request, { onLine, onOff }, signal);
    return 0;
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
  const grep = call.value('--grep');
  const release = call.value('--release');
  return {
    names: call.args,
    follow: call.flag('--follow'),
    ...(since === undefined ? {} : { since: parseSince(since, call.io.now()) }),
    ...(tail === undefined ? {} : { tail: parseTail(tail) }),
    ...(grep === undefined ? {} : { grep: parsePattern(grep, call.flag('--ignore-case')) }),
    ...(release === undefined ? {} : { release: parseRelease(release, call.args) }),
  };
}

function parsePattern(text: string, isCaseIgnored: boolean): RegExp {
  try {
    return new RegExp(text, isCaseIgnored ? 'i' : '');
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.replace(/^.*: /, '') : String(cause);
    throw new FaasoError('usage', `--grep takes a regular expression; "${text}" is none: ${why}`, {
      cause,
      hint: 'a character that means itself is written with a backslash before it: \\( \\[ \\* \\+ \\?',
    });
  }
}

function parseRelease(text: string, names: readonly string[]): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) {
    throw new FaasoError('usage', `--release takes the number of a release, not "${text}"`, {
      hint: 'faaso status shows the numbers',
    });
  }
  if (names.length === 1) return Number(text);
  throw new FaasoError('usage', '--release is about one function: each counts its own', {
    hint: `faaso logs NAME --release ${text}`,
  });
}

function parseTail(text: string): number {
  const tail = /^\d{1,9}$/.test(text) ? Number(text) : undefined;
  if (tail === undefined)
    throw new FaasoError('usage', `--tail takes a number of lines, not "${text}"`, {
      hint: 'for example --tail 20',
    });
  return tail;
}
