import type { Leftover, PruneAnswer } from '../../core/disk.ts';
import { confirm } from '../confirm.ts';
import { printData, printLines } from '../render/print.ts';
import { leftoverLines, renderPrune } from '../render/prune.ts';
import { count } from '../render/text.ts';
import type { Call } from '../verb.ts';

/** `faaso prune` */
export async function run(call: Call): Promise<number> {
  const client = await call.client();
  const all = call.flag('--all');
  const dryRun = call.flag('--dry-run');
  const waiting = (line: string): void => {
    if (!call.json) call.io.err.write(`${line}\n`);
  };
  const prune = async (volumes: readonly string[], dry: boolean): Promise<PruneAnswer> =>
    await client.prune({ all, volumes, dryRun: dry }, (event) => {
      if (event.kind === 'run-waiting') waiting('Waiting until an apply has ended.');
    });
  let volumes: readonly Leftover[] = [];
  if (call.flag('--volumes')) {
    // What goes is what was shown: data that nobody names any more meanwhile stays.
    volumes = (await prune([], true)).kept.filter((item) => item.option === '--volumes');
    if (volumes.length > 0 && !dryRun) {
      if (!call.json) for (const line of leftoverLines(volumes, call.paint)) call.io.err.write(`${line}\n`);
      const what = `remove ${count(volumes.length, 'volume')} with ${volumes.length === 1 ? 'its' : 'their'} data`;
      if (!(await confirm(call, what))) {
        printLines(call.io, ['Nothing was removed.']);
        return 0;
      }
    }
  }
  const answer = await prune(
    volumes.map((item) => item.name),
    dryRun,
  );
  if (call.json) printData(call.io, answer);
  else printLines(call.io, renderPrune(answer, call.paint));
  return 0;
}
