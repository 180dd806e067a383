import type { Invocation } from '../../control/api.ts';
import { FaasoError } from '../../core/errors.ts';
import type { InvocationJson } from '../answers.ts';
import { createInterrupt } from '../interrupt.ts';
import { readInvokeRequest } from '../invoke-request.ts';
import { headLines, printBody, refusalLines } from '../render/invocation.ts';
import { printData } from '../render/print.ts';
import type { Call } from '../verb.ts';

/** More is not held in memory for an answer as JSON. */
const JSON_LIMIT = 64 * 1024 * 1024;

/** `faaso invoke NAME` */
export async function run(call: Call): Promise<number> {
  const { io } = call;
  const request = await readInvokeRequest(call);
  const client = await call.client();
  const interrupt = createInterrupt(io, () => undefined);
  const began = performance.now();
  const elapsed = (): number => Math.round(performance.now() - began);
  try {
    const answer = await client.invoke(request, AbortSignal.any([interrupt.signal, io.readerGone]));
    const failed = answer.status >= 400;
    if (call.json) {
      const body = await collect(answer.body, request.name);
      printData(io, asData(answer, body, elapsed()));
      return failed ? 3 : 0;
    }
    if (call.flag('--include')) io.out.write(headLines(answer, io.out.isTTY).join(''));
    await printBody(io, answer.body);
    if (failed) io.err.write(refusalLines(request.name, answer, elapsed(), call.errPaint));
    return failed ? 3 : 0;
  } catch (error) {
    if (interrupt.signal.aborted) return 130;
    // Whoever reads has seen enough, as `head` does.
    if (io.readerGone.aborted) return 0;
    throw error;
  } finally {
    interrupt.release();
  }
}

async function collect(body: Invocation['body'], name: string): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > JSON_LIMIT) {
      throw new FaasoError('invocation-failed', `${name} answered more than ${JSON_LIMIT / 2 ** 20} MiB`, {
        hint: 'without --json the answer is passed on as it comes',
      });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function asData(answer: Invocation, body: Buffer, durationMs: number): InvocationJson {
  const headers = new Map<string, string | readonly string[]>();
  for (const [name, value] of answer.headers) {
    const before = headers.get(name.toLowerCase());
    headers.set(name.toLowerCase(), before === undefined ? value : [...[before].flat(), value]);
  }
  const text = utf8(body);
  return {
    status: answer.status,
    headers: Object.fromEntries(headers),
    body: text ?? body.toString('base64'),
    encoding: text === undefined ? 'base64' : 'utf8',
    requestId: answer.requestId,
    durationMs,
  };
}

function utf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
