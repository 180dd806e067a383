import { FaasoError } from '../core/errors.ts';
import type { Call } from './verb.ts';

/**
 * Asks whether to go on, unless `--yes` said so. Rejects with `usage` where nobody can be asked: no terminal, or an
 * answer that a program reads. `what` is the deed, for both: `remove 2 volumes with their data`.
 */
export async function confirm(call: Call, what: string): Promise<boolean> {
  if (call.flag('--yes')) return true;
  const { io } = call;
  if (!io.input.isTTY || !io.err.isTTY || call.json) {
    throw new FaasoError('usage', `nobody can be asked here whether to ${what}`, {
      hint: 'add --yes to do it without being asked',
    });
  }
  io.err.write(`${what.charAt(0).toUpperCase()}${what.slice(1)}? [y/N] `);
  return /^y(?:es)?$/i.test((await firstLine(io.input.bytes())).trim());
}

/** What is typed up to Enter, or up to Ctrl-D. */
async function firstLine(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of bytes) {
    text += decoder.decode(chunk, { stream: true });
    if (text.includes('\n')) break;
  }
  return text.split('\n')[0] ?? '';
}
