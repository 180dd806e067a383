import type { BuildAnswer } from '../../control/api.ts';
import { createInterrupt } from '../interrupt.ts';
import { plain } from '../render/safe.ts';
import { createReporter } from '../render/reporter.ts';
import { nameColumn } from '../render/table.ts';
import { count } from '../render/text.ts';
import { pad } from '../render/width.ts';
import type { Call } from '../verb.ts';

/** `faaso build [NAME…]` */
export async function run(call: Call): Promise<number> {
  const client = await call.client();
  const reporter = createReporter(call, { ends: true, serves: false });
  const interrupt = createInterrupt(call.io, () => reporter.warn(['Cancelling; Ctrl-C again ends at once.']));
  try {
    const flags = { noCache: call.flag('--no-cache'), pull: call.flag('--pull') };
    const { built, failed } = await client.build(call.args, flags, reporter.onEvent, interrupt.signal);
    reporter.say(images(built));
    if (failed.length > 0) {
      reporter.warn([
        '',
        `${failed.length} of ${count(failed.length + built.length, 'image')} could not be built.`,
      ]);
    }
    reporter.data({ kind: 'result', built, failed });
    if (interrupt.signal.aborted) return 130;
    return failed.length > 0 ? 3 : 0;
  } finally {
    interrupt.release();
    reporter.close();
  }
}

function images(built: readonly BuildAnswer[]): string[] {
  const [first] = built;
  if (first === undefined) return [];
  const names = nameColumn(built.map((item) => item.function));
  return [
    '',
    ...built.map((item) => `${pad(`${item.function}  `, names)}${plain(item.image)}`),
    '',
    `To run one alone: docker run -p 3000:3000 ${plain(first.image)}`,
  ];
}
