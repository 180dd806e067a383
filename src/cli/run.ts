import { fileFlags, word } from '../core/command.ts';
import { toFaasoError } from '../core/errors.ts';
import type { FaasoError } from '../core/errors.ts';
import type { Io } from './io.ts';
import { LOADERS } from './loaders.ts';
import { parse } from './program.ts';
import type { VerbRequest } from './program.ts';
import { printError } from './render/error.ts';
import { createPaint, wantsColor } from './render/paint.ts';
import type { Backend, Call } from './verb.ts';
import { packageVersion } from './version.ts';

/** Runs one command line (the words after `faaso`); returns the exit code. Never rejects. */
export async function run(argv: readonly string[], io: Io, backend: Backend): Promise<number> {
  // Read before parsing, because a wrong command line has to be reported the same way.
  const options = argv.slice(0, argv.includes('--') ? argv.indexOf('--') : undefined);
  const json = options.includes('--json');
  const color = !options.includes('--no-color');
  let which: readonly string[] = [];
  try {
    const request = await parse(argv, packageVersion());
    if (request.kind === 'text') {
      io.out.write(request.text);
      return 0;
    }
    which = flagsOf(request);
    const { run: runVerb } = await LOADERS[request.verb.name]();
    return await runVerb(createCall(io, request, backend));
  } catch (thrown) {
    const error = toFaasoError(thrown);
    printError(io, error, { json, color, which });
    return exitCode(error);
  }
}

/** The `-C` and `-f` of a command line. */
function flagsOf({ options, files }: VerbRequest): readonly string[] {
  const project = options.get('--project');
  return [...(typeof project === 'string' ? ['-C', project] : []), ...fileFlags([], files)].map(word);
}

/** The exit code of a failed verb. */
function exitCode(error: FaasoError): number {
  return error.code === 'interrupted' ? 130 : error.kind.exit;
}

function createCall(io: Io, { args, options, files }: VerbRequest, backend: Backend): Call {
  const allowed = !options.has('--no-color');
  const value = (name: string): string | undefined => {
    const given = options.get(name);
    return typeof given === 'string' ? given : undefined;
  };
  const values = (name: string): readonly string[] => {
    const given = options.get(name);
    return typeof given === 'object' ? given : [];
  };
  const locate: Call['locate'] = () => backend.locate({ path: value('--project'), files }, io.env);
  return {
    io,
    args,
    flag: (name) => options.has(name),
    value,
    values,
    files,
    command: (...words) => {
      const project = value('--project');
      const which = [...(project === undefined ? [] : ['-C', project]), ...fileFlags(words, files)];
      return ['faaso', ...words, ...which].map(word).join(' ');
    },
    json: options.has('--json'),
    paint: createPaint(wantsColor(io, io.out, allowed)),
    errPaint: createPaint(wantsColor(io, io.err, allowed)),
    locate,
    client: async () => backend.createClient(await locate()),
    backend,
  };
}
