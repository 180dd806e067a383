import type { Serving } from '../../control/api.ts';
import { createInterrupt } from '../interrupt.ts';
import { createReporter } from '../render/reporter.ts';
import { renderServing } from '../render/serving.ts';
import { plain } from '../render/safe.ts';
import type { Call } from '../verb.ts';

/** `faaso serve` */
export async function run(call: Call): Promise<number> {
  const location = await call.locate();
  const reporter = createReporter(call, { ends: false, serves: true });
  const interrupt = createInterrupt(call.io, () => {
    reporter.warn(['', 'Stopping: requests in flight are finished; Ctrl-C again ends at once.']);
  });
  const watch = call.flag('--watch');
  try {
    const options = { watch, mode: 'foreground', signal: interrupt.signal } as const;
    const serving = await call.backend.serve(location, options, (event) => {
      // The router ends because it is told to: no trouble to tell of.
      if (!call.json && interrupt.signal.aborted && event.kind === 'router-changed') return;
      reporter.onEvent(event);
    });
    if (!interrupt.signal.aborted) {
      reporter.say(renderServing(serving, watch));
      reporter.data({ kind: 'serving', url: serving.url, routes: serving.routes });
      reporter.stamp();
    }
    const ended = await ending(serving, interrupt.signal);
    if (ended === undefined) await serving.stop();
    reporter.say([ended === undefined ? 'Stopped. The functions keep running.' : `Ended: ${plain(ended)}.`]);
    reporter.data({ kind: 'result', reason: ended ?? 'interrupted' });
    return 0;
  } finally {
    interrupt.release();
    reporter.close();
  }
}

/** Resolves with why it ended by itself, or with `undefined` once it is asked to stop. */
async function ending(serving: Serving, signal: AbortSignal): Promise<string | undefined> {
  const asked = new Promise<undefined>((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
  return (await Promise.race([serving.ended, asked]))?.reason;
}
