import type { AccessLogLine } from '../../core/access.ts';
import type { Paint } from './paint.ts';
import { plain } from './safe.ts';
import { bytes, count, milliseconds, timeOfDay } from './text.ts';

/** One request on one line: what a client sent is made harmless. */
export function renderAccess(line: AccessLogLine, paint: Paint): string {
  const time = timeOfDay(Date.parse(line.time));
  if ('lost' in line)
    return `${time} ${paint.bad(`${count(line.lost, 'line')} lost: the disk took no more`)}`;
  const status = line.status >= 500 ? paint.bad(String(line.status)) : String(line.status);
  const parts = [
    `${time} ${status} ${plain(line.method)} ${plain(line.host)}${plain(line.path)}`,
    ...(line.function === null ? [] : [`→ ${plain(line.function)}`]),
    ...(line.error === null ? [] : [plain(line.error)]),
    milliseconds(line.duration_ms),
    bytes(line.bytes_out),
    plain(line.client),
    ...(line.auth === null ? [] : [plain(line.auth)]),
  ];
  return parts.join('  ');
}
