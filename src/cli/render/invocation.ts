import { STATUS_CODES } from 'node:http';

import type { Invocation } from '../../control/api.ts';
import type { Io } from '../io.ts';
import type { Paint } from './paint.ts';
import { plain } from './safe.ts';
import { milliseconds } from './text.ts';

const NEWLINE = 0x0a;

/** Status line and headers of an answer, as HTTP writes them. The request's id is among them whoever set it. */
export function headLines(answer: Invocation, isTTY: boolean): string[] {
  const { status, headers, requestId } = answer;
  const shown = isTTY ? plain : (text: string): string => text;
  const named = headers.some(([name]) => name.toLowerCase() === 'x-request-id');
  const all = named ? headers : [...headers, ['X-Request-Id', requestId] as const];
  return [
    `HTTP/1.1 ${status} ${shown(reasonOf(answer))}`.trimEnd() + '\n',
    ...all.map(([name, value]) => `${shown(name)}: ${shown(value)}\n`),
    '\n',
  ];
}

/** Passes a body on as it comes. On a terminal the prompt gets a line of its own. */
export async function printBody(io: Io, body: Invocation['body']): Promise<void> {
  let last: number | undefined;
  try {
    for await (const chunk of body) {
      last = chunk.at(-1) ?? last;
      await io.out.writeBytes(chunk);
    }
  } finally {
    if (io.out.isTTY && last !== undefined && last !== NEWLINE) io.out.write('\n');
  }
}

/** What a status of 400 or more means for whoever called. */
export function refusalLines(name: string, answer: Invocation, durationMs: number, paint: Paint): string {
  const reason = reasonOf(answer);
  const status = `${answer.status}${reason === '' ? '' : ` ${plain(reason)}`}`;
  return `${paint.bad(`${name} answered ${status}`)} after ${milliseconds(durationMs)}; its log: faaso logs ${name} --tail 20\n`;
}

function reasonOf({ status, statusText }: Invocation): string {
  return statusText === '' ? (STATUS_CODES[status] ?? '') : statusText;
}
