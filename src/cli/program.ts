import { Command, CommanderError, Option as CommandOption } from 'commander';

import { FaasoError } from '../core/errors.ts';
import { groupHelp, overview, usage, verbHelp } from './render/help.ts';
import type { Option, Verb } from './verb.ts';
import { GLOBAL_OPTIONS, globalOptions } from './global-options.ts';
import { otherWord, wordsFor } from './other-words.ts';
import { valueIsNoArgument } from './secret-value.ts';
import { GROUPS, VERBS } from './verbs.ts';

/** What the command line asks for. */
export type Request =
  { readonly kind: 'text'; /** Help or version: printed as it is. */ readonly text: string } | VerbRequest;

/** A verb with what was given to it. */
export interface VerbRequest {
  readonly kind: 'verb';
  readonly verb: Verb;
  readonly args: readonly string[];
  readonly options: Options;
  /** Files of the `-f` of every verb, in their order. Apart, because a verb may have a `--file` of its own. */
  readonly files: readonly string[];
}

/** The options that were given, by their long name: `--tail`. Those that may be given several times have a list. */
type Options = ReadonlyMap<string, string | readonly string[] | true>;

/** Reads the arguments after `faaso`. Rejects with `usage`. */
export async function parse(argv: readonly string[], version: string): Promise<Request> {
  let request: Request | undefined;
  let text = '';
  const globals = createGlobals();
  const program = createProgram(version, globals, (verb, args, command) => {
    request = { kind: 'verb', verb, args, options: givenOptions(command, globals), files: globals.files };
  });
  const keep = (part: string): void => {
    text += part;
  };
  let at = program;
  for (const command of withChildren(program)) {
    command.configureOutput({ writeOut: keep, writeErr: keep, outputError: () => undefined });
    command.exitOverride((error) => {
      at = command;
      throw error;
    });
  }
  try {
    await program.parseAsync([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // No verb at all is no mistake: whoever types "faaso" wants to know what there is.
    if (error.exitCode !== 0 && error.code !== 'commander.help') throw usageError(error, at);
    return { kind: 'text', text };
  }
  return request ?? { kind: 'text', text };
}

/** The options that every verb takes, as one command line gives them. */
interface Globals {
  readonly files: string[];
  /** Those that fill `files`. */
  readonly fileOptions: ReadonlySet<CommandOption>;
  add(command: Command, options: readonly Option[]): void;
}

function createGlobals(): Globals {
  const files: string[] = [];
  const fileOptions = new Set<CommandOption>();
  return {
    files,
    fileOptions,
    add(command, options) {
      for (const { flags, description } of options) {
        const option = new CommandOption(flags, description);
        if (option.long === '--file') {
          option.argParser((path: string) => files.push(path));
          fileOptions.add(option);
        }
        command.addOption(option);
      }
    },
  };
}

function createProgram(
  version: string,
  globals: Globals,
  act: (verb: Verb, args: readonly string[], command: Command) => void,
): Command {
  // A word after the verb is the verb's: "logs -f" follows, "-f FILE logs" names the project.
  const program = new Command('faaso').helpCommand(false).enablePositionalOptions();
  program.version(`faaso ${version}`, '-V, --version');
  program.configureHelp({ formatHelp: () => overview() });
  globals.add(program, GLOBAL_OPTIONS);
  const groups = new Map<string, Command>();
  for (const [name, summary] of Object.entries(GROUPS)) {
    const group = program.command(name).summary(summary).helpCommand(false);
    group.configureHelp({ formatHelp: () => groupHelp(name) });
    globals.add(group, GLOBAL_OPTIONS);
    groups.set(name, group);
  }
  for (const verb of VERBS) {
    const [first = '', second] = verb.name.split(' ');
    const parent = second === undefined ? program : groups.get(first);
    if (parent === undefined) throw new Error(`no group for the verb ${verb.name}`);
    const command = parent.command(second ?? first);
    globals.add(command, globalOptions(verb));
    addVerb(command, verb, act);
  }
  return program;
}

function addVerb(
  command: Command,
  verb: Verb,
  act: (verb: Verb, args: readonly string[], command: Command) => void,
): void {
  command.summary(verb.summary).configureHelp({ formatHelp: () => verbHelp(verb) });
  for (const item of verb.arguments) {
    const name = { required: `<${item.name}>`, optional: `[${item.name}]`, many: `[${item.name}...]` }[
      item.arity
    ];
    command.argument(name, item.description);
  }
  for (const option of verb.options) addOption(command, option);
  command.action(() => act(verb, command.args, command));
}

function addOption(command: Command, { flags, description, many }: Option): void {
  if (many !== true) command.option(flags, description);
  else command.option(flags, description, (value: string, before: string[]) => [...before, value], []);
}

/** What stands closest to the verb wins over what stands before. */
function givenOptions(command: Command, { fileOptions }: Globals): Options {
  const given = new Map<string, string | readonly string[] | true>();
  for (let at: Command | null = command; at !== null; at = at.parent) {
    for (const option of at.options) {
      if (option.long === undefined || given.has(option.long) || fileOptions.has(option)) continue;
      if (at.getOptionValueSource(option.attributeName()) !== 'cli') continue;
      const value: unknown = at.getOptionValue(option.attributeName());
      given.set(option.long, typeof value === 'string' || isTexts(value) ? value : true);
    }
  }
  return given;
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value);
}

function withChildren(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(withChildren)];
}

/** Commander gives the likely word on a line of its own, in brackets. */
function usageError(error: CommanderError, command: Command): FaasoError {
  const [first = '', guess] = error.message.split('\n');
  const message = first
    .replace(/^error: /, '')
    .replace(/\. Expected .*$/, '')
    .replaceAll("'", '"');
  const verb = VERBS.find((item) => item.name === fullName(command));
  if (verb?.name === 'secret set' && error.code === 'commander.excessArguments')
    return valueIsNoArgument(command.args[0] ?? '');
  const hint =
    hintOfOtherWord(error, command) ??
    guess?.replace(/^\(Did you mean (.*)\?\)$/, 'did you mean $1?') ??
    (verb === undefined ? 'faaso help lists the verbs' : usage(verb));
  return new FaasoError('usage', message, { hint });
}

function hintOfOtherWord({ code, message }: CommanderError, command: Command): string | undefined {
  const [, word] = code === 'commander.unknownCommand' ? (/'(.*)'/.exec(message) ?? []) : [];
  const group = command.parent === null ? undefined : command.name();
  const other = word === undefined ? undefined : otherWord(word, group);
  const verb = VERBS.find(({ name }) => other === name || other?.startsWith(`${name} -`) === true);
  if (verb !== undefined) return `did you mean faaso ${other}? (${verb.summary})`;
  return word === undefined ? undefined : wordsFor(word, group);
}

function fullName(command: Command): string {
  const parent = command.parent;
  return parent === null || parent.parent === null ? command.name() : `${fullName(parent)} ${command.name()}`;
}
