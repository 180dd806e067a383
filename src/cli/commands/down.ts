import type { DownAnswer } from '../../control/api.ts';
import { createInterrupt } from '../interrupt.ts';
import { createReporter } from '../render/reporter.ts';
import { count, list } from '../render/text.ts';
import type { Call } from '../verb.ts';

/** `faaso down` */
export async function run(call: Call): Promise<number> {
  const client = await call.client();
  const reporter = createReporter(call, { ends: true, serves: false });
  const removed: string[] = [];
  // Half of it done is worse than all of it: the first Ctrl-C only says what a second one leaves.
  const interrupt = createInterrupt(call.io, () =>
    reporter.warn([
      `${removed.length === 0 ? 'Nothing is removed yet' : `Removed so far: ${list(removed)}`}; the rest goes on. Ctrl-C again ends this at once; "${call.command('down')}" does what is left then.`,
    ]),
  );
  try {
    const answer = await client.down(
      { images: call.flag('--images'), volumes: call.flag('--volumes') },
      (event) => {
        if (event.kind === 'function-done') removed.push(event.function);
        reporter.onEvent(event);
      },
    );
    reporter.say([sentence(answer, call.command('apply'))]);
    reporter.data({ kind: 'result', ...answer });
    return 0;
  } finally {
    interrupt.release();
    reporter.close();
  }
}

function sentence({ instances, images, volumes, daemonStopped }: DownAnswer, apply: string): string {
  const removed = [
    ...(instances > 0 ? [count(instances, 'container')] : []),
    ...(images > 0 ? [count(images, 'image')] : []),
    ...(volumes > 0 ? [`${count(volumes, 'volume')} with data`] : []),
  ];
  const daemon = daemonStopped ? ' The daemon has stopped.' : '';
  if (removed.length === 0)
    return daemon === '' ? 'Nothing to remove: nothing of this project runs.' : `No container ran.${daemon}`;
  const gone = [...(volumes > 0 ? ['the data'] : []), ...(images > 0 ? ['the releases to go back to'] : [])];
  const all = gone.length > 0 ? `back everything but ${list(gone)}` : 'everything back';
  return `Removed ${list(removed)}.${daemon} ${apply} brings ${all}.`;
}
