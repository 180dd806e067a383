import type { DaemonStatus } from '../../control/api.ts';
import { printData, printLines } from '../render/print.ts';
import { plain } from '../render/safe.ts';
import { age } from '../render/text.ts';
import { packageVersion } from '../version.ts';
import type { Call } from '../verb.ts';

/** `faaso daemon status` */
export async function run(call: Call): Promise<number> {
  const client = await call.client();
  const status = await client.daemon.status();
  if (call.json) printData(call.io, status);
  else printLines(call.io, lines(status, call.io.now()));
  return 0;
}

function lines(status: DaemonStatus, now: number): string[] {
  if (!status.running) {
    return [
      'No daemon runs for this project: nothing that breaks is healed.',
      'Start one with faaso daemon restart, or with faaso serve on this terminal.',
    ];
  }
  const up = status.since === null ? '' : `, up ${age(now - Date.parse(status.since))}`;
  const own = packageVersion();
  const other =
    status.version === null || status.version === own
      ? ''
      : `; this is faaso ${own}: faaso daemon restart brings it up to date`;
  return [
    `state      running${status.mode === null ? '' : ` in the ${status.mode}`}, pid ${status.pid ?? 'unknown'}${up}`,
    `version    ${plain(status.version ?? 'unknown')}${other}`,
    `edits      ${status.watching ? 'applied as they are saved' : 'wait for faaso apply'}`,
    `socket     ${plain(status.socket)}`,
    `log        ${plain(status.log)}`,
  ];
}
