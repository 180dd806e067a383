import { setImmediate } from 'node:timers/promises';

import type { AccessLogReader, Client, FunctionLogLine, Listener, Serving } from '../../src/control/api.ts';
import type { AccessLogLine } from '../../src/core/access.ts';
import { errorFromData } from '../../src/core/errors.ts';
import type { ErrorData } from '../../src/core/errors.ts';
import type { EventBody } from '../../src/core/events.ts';
import type { Backend } from '../../src/cli/verb.ts';
import type { TestIo } from './cli-io.ts';

/** One thing that happens while a verb runs. `at`: seconds after its start. */
type ScriptStep = { readonly at: number } & (
  | EventBody
  /** Looks at the screen. */
  | { readonly frame: true }
  /** Ctrl-C. */
  | { readonly signal: true }
  /** The window's new width. */
  | { readonly columns: number }
  | { readonly log: Omit<FunctionLogLine, 'at'> }
  /** A line of the access log; `null`: nothing writes one, `caddy`: because Caddy is the router. */
  | { readonly access: AccessLogLine | 'caddy' | null }
  /** `serve` is up; what follows happens while it runs. */
  | { readonly serving: Pick<Serving, 'url' | 'routes'> }
);

export interface Script {
  readonly steps?: readonly ScriptStep[];
  /** What the call answers. */
  readonly answer?: unknown;
  /** What it rejects with instead. */
  readonly error?: ErrorData;
  /** What `status` answers. */
  readonly status?: unknown;
}

export interface Frame {
  readonly at: number;
  readonly text: string;
}

/** A project that does what a script says, at the times of the script. Looks at the screen go to `frames`. */
export function scriptedBackend(script: Script, io: TestIo, frames: Frame[]): Backend {
  const start = io.now();
  const all = script.steps ?? [];

  const play = async (
    steps: readonly ScriptStep[],
    listener: Listener,
    onLog: (line: FunctionLogLine) => void,
    reader?: AccessLogReader,
  ): Promise<void> => {
    for (const step of steps) {
      const at = start + step.at * 1000;
      io.advanceTo(at);
      if ('frame' in step) frames.push({ at: step.at, text: io.screen?.text() ?? '' });
      else if ('signal' in step) io.signal();
      else if ('columns' in step) io.resize(step.columns);
      else if ('log' in step) onLog({ ...step.log, at });
      else if ('access' in step) {
        if (step.access === null || step.access === 'caddy') reader?.onOff(step.access ?? 'builtin');
        else reader?.onLine(step.access);
      } else if ('kind' in step) listener({ ...step, runId: 'run1', at });
      await setImmediate();
    }
  };
  const call = async <Answer>(
    listener: Listener = () => undefined,
    onLog: (line: FunctionLogLine) => void = () => undefined,
    reader?: AccessLogReader,
  ): Promise<Answer> => {
    await play(all, listener, onLog, reader);
    if (script.error !== undefined) throw errorFromData(script.error);
    return script.answer as Answer;
  };

  const client: Client = {
    plan: () => call(),
    run: (_action, listener) => call(listener),
    build: (_names, _flags, listener) => call(listener),
    exportContext: () => call(),
    exportCaddy: () => call(),
    down: (_flags, listener) => call(listener),
    prune: (_flags, listener) => call(listener),
    disk: () => call(),
    adoption: async () => null,
    adopt: (_adoption, listener) => call(listener),
    status: async () => (script.status ?? (await call())) as Awaited<ReturnType<Client['status']>>,
    logs: (_request, onLine) => call(undefined, onLine),
    accessLog: (_request, reader) => call(undefined, undefined, reader),
    invoke: () => call(),
    test: (_names, listener) => call(listener),
    exec: () => call(),
    explain: () => call(),
    engine: () => call(),
    releases: () => call(),
    secrets: {
      list: () => call(),
      set: (_name, _value, listener) => call(listener),
      remove: () => call(),
    },
    daemon: { status: () => call(), stop: () => call(), restart: () => call() },
  };

  return {
    locate: async (_path, env) => ({ file: '/project/functions.yml', overlays: [], env }),
    createClient: async () => client,
    doctor: () => call(),
    begin: async () => ({
      runtimes: () => call(),
      runtime: () => call(),
      initDefaults: () => call(),
      init: () => call(),
      addFunction: () => call(),
      validate: () => call(),
    }),
    schema: async () => script.answer,
    async serve(_location, _options, listener) {
      const up = all.findIndex((step) => 'serving' in step);
      await play(up === -1 ? all : all.slice(0, up), listener, () => undefined);
      const step = all[up];
      if (step === undefined || !('serving' in step)) throw errorFromData(script.error as ErrorData);
      const rest = play(all.slice(up), listener, () => undefined);
      const ended =
        script.answer === undefined
          ? new Promise<never>(() => undefined)
          : rest.then(() => script.answer as { reason: string });
      return { ...step.serving, ended, stop: () => rest };
    },
  };
}
