import type { RuntimeAnswer } from '../../control/begin/api.ts';
import { FaasoError } from '../../core/errors.ts';
import { canAsk, createAsker } from '../ask.ts';
import { renderNew } from '../render/begin.ts';
import { printData, printLines } from '../render/print.ts';
import { plain } from '../render/safe.ts';
import type { Call } from '../verb.ts';

/** `faaso new NAME` */
export async function run(call: Call): Promise<number> {
  const [name = ''] = call.args;
  const path = call.value('--path');
  if (path !== undefined && call.flag('--no-route')) {
    throw new FaasoError('usage', '--path and --no-route exclude each other', { hint: 'give one of them' });
  }
  const location = await call.locate();
  const begin = await call.backend.begin();
  const runtime = call.value('--runtime') ?? (await chosen(call, (await begin.runtimes(location)).runtimes));
  const request = { name, runtime, path: call.flag('--no-route') ? null : path };
  // Files are written in a moment: a Ctrl-C in it comes too late, and must leave nothing half.
  const release = call.io.onSignal(() => undefined);
  const answer = await begin.addFunction(location, request).finally(release);
  if (call.json) printData(call.io, answer);
  else printLines(call.io, renderNew(answer).map(plain));
  return 0;
}

async function chosen(call: Call, runtimes: readonly RuntimeAnswer[]): Promise<string> {
  const [first, ...others] = runtimes;
  if (first !== undefined && others.length === 0) return first.name;
  if (first === undefined || !canAsk(call.io, call.json)) {
    throw new FaasoError('usage', 'no runtime is named', {
      hint: `add --runtime with one of ${runtimes.map(({ name }) => name).join(', ')}`,
    });
  }
  const asker = await createAsker();
  const choices = runtimes.map(({ name, description }) => ({ value: name, hint: description }));
  return await asker.choose('Runtime', choices, first.name);
}
