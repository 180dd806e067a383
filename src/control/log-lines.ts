import { stripVTControlCharacters } from 'node:util';

import type { InstanceId } from '../core/names.ts';
import type { Engine, LogLine } from '../engine/engine.ts';
import type { LogsRequest } from './api.ts';

type Wanted = Pick<LogsRequest, 'follow' | 'since' | 'tail' | 'grep'>;

/** The lines of one instance that are asked for. With `grep`, `tail` counts the lines that match. */
export async function* logLines(
  engine: Engine,
  id: InstanceId,
  { follow, since, tail, grep }: Wanted,
  signal: AbortSignal,
): AsyncGenerator<LogLine> {
  const options = { follow, ...(since === undefined ? {} : { since }) };
  if (grep === undefined) {
    yield* engine.logs(id, { ...options, ...(tail === undefined ? {} : { tail }) }, signal);
    return;
  }
  // Colours within a word would keep it from being found.
  const isWanted = ({ text }: LogLine): boolean => grep.test(stripVTControlCharacters(text));
  let read = 0;
  if (tail !== undefined) {
    const last: LogLine[] = [];
    for await (const line of engine.logs(id, { ...options, follow: false }, signal)) {
      read += 1;
      if (isWanted(line)) last.push(line);
      if (last.length > tail) last.shift();
    }
    yield* last;
    if (!follow) return;
  }
  for await (const line of engine.logs(id, options, signal)) {
    read -= 1;
    // What was read above begins again here.
    if (read < 0 && isWanted(line)) yield line;
  }
}
