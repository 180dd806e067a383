import { resolve } from 'node:path';

import type { Begin, InitDefaults, InitRequest } from '../../control/begin/api.ts';
import { FaasoError } from '../../core/errors.ts';
import { isName, NAME_RULE } from '../../core/names.ts';
import { canAsk, createAsker } from '../ask.ts';
import type { Asker } from '../ask.ts';
import { printData, printLines } from '../render/print.ts';
import { renderInit } from '../render/begin.ts';
import { plain } from '../render/safe.ts';
import type { Call } from '../verb.ts';

/** `faaso init [DIR]` */
export async function run(call: Call): Promise<number> {
  if (call.files.length > 0) {
    throw new FaasoError('usage', 'faaso init writes functions.yml and takes no -f', {
      hint: 'faaso init DIR begins a project in a folder',
    });
  }
  const [folder = '.'] = call.args;
  const begin = await call.backend.begin();
  const defaults = await begin.initDefaults(resolve(call.value('--project') ?? '.', folder));
  const request = await complete(call, defaults);
  const answer = await uninterrupted(call, begin, request);
  if (call.json) printData(call.io, answer);
  else {
    const busy = answer.listen === defaults.listen ? defaults.busyPort : undefined;
    printLines(call.io, renderInit(answer, folder, busy, defaults.inside).map(plain));
  }
  return 0;
}

/** Files are written in a moment: a Ctrl-C in it comes too late, and must leave nothing half. */
async function uninterrupted(call: Call, begin: Begin, request: InitRequest): ReturnType<Begin['init']> {
  const release = call.io.onSignal(() => undefined);
  try {
    return await begin.init(request);
  } finally {
    release();
  }
}

/** What the options say, then what is answered, then the defaults. */
async function complete(call: Call, defaults: InitDefaults): Promise<InitRequest> {
  const { root } = defaults;
  const given = {
    name: call.value('--name'),
    runtime: call.value('--runtime'),
    function: call.value('--function'),
    listen: call.value('--listen'),
  };
  const isComplete = Object.values(given).every((value) => value !== undefined);
  if (isComplete || call.flag('--yes') || !canAsk(call.io, call.json)) {
    return {
      root,
      name: given.name ?? defaults.name,
      runtime: given.runtime ?? defaults.runtime,
      function: given.function ?? defaults.function,
      listen: given.listen ?? defaults.listen,
    };
  }
  const asker = await createAsker();
  const choices = defaults.runtimes.map(({ name, description }) => ({ value: name, hint: description }));
  return {
    root,
    name: given.name ?? (await askName(asker, 'Name of the project', defaults.name)),
    runtime: given.runtime ?? (await asker.choose('Runtime', choices, defaults.runtime)),
    function: given.function ?? (await askName(asker, 'Name of the first function', defaults.function)),
    listen: given.listen ?? (await askPort(asker, defaults)),
  };
}

async function askName(asker: Asker, message: string, initial: string): Promise<string> {
  const problem = (answer: string): string | undefined => (isName(answer) ? undefined : NAME_RULE);
  return await asker.text({ message, initial, problem });
}

async function askPort(asker: Asker, { listen, busyPort }: InitDefaults): Promise<string> {
  const why = busyPort === undefined ? '' : ` (${busyPort} is in use)`;
  const problem = (answer: string): string | undefined =>
    /^[0-9]+$/.test(answer) && Number(answer) >= 1 && Number(answer) <= 65_535
      ? undefined
      : 'a number from 1 to 65535';
  const initial = listen.slice(listen.lastIndexOf(':') + 1);
  return await asker.text({ message: `Port on this machine${why}`, initial, problem });
}
