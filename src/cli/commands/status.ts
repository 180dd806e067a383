import type { DiskJson } from '../answers.ts';
import { renderDisk } from '../render/disk.ts';
import { printData, printLines } from '../render/print.ts';
import { renderStatus } from '../render/status.ts';
import type { Call } from '../verb.ts';

/** `faaso status [--disk]` */
export async function run(call: Call): Promise<number> {
  const client = await call.client();
  if (call.flag('--disk')) {
    const disk: DiskJson = await client.disk();
    if (call.json) printData(call.io, disk);
    else printLines(call.io, renderDisk(disk, call.io.out.columns, call.paint));
    return 0;
  }
  const status = await client.status();
  if (call.json) printData(call.io, status);
  else printLines(call.io, renderStatus(status, call.io, call.paint));
  return 0;
}
