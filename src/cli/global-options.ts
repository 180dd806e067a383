import type { Option, Verb } from './verb.ts';

/** Options that every verb takes, before or after its name. */
export const GLOBAL_OPTIONS: readonly Option[] = [
  {
    flags: '-C, --project <path>',
    description: 'a folder of the project, or its functions.yml (default: this folder or one above)',
  },
  {
    flags: '-f, --file <path>',
    description:
      "the project's file, whatever its name; each further one wins over those before (default: FAASO_FILE)",
  },
  { flags: '--json', description: 'answers as JSON; one value a line where a verb takes time' },
  { flags: '--no-color', description: 'no colours (as with NO_COLOR set)' },
];

/** Those of {@link GLOBAL_OPTIONS} that may stand after the verb, without the flags that the verb has itself. */
export function globalOptions(verb: Pick<Verb, 'options'>): readonly Option[] {
  const own = new Set(verb.options.flatMap((option) => words(option.flags)));
  return GLOBAL_OPTIONS.flatMap(({ flags, description }) => {
    const [, value = ''] = / (<.*)$/.exec(flags) ?? [];
    const left = words(flags).filter((word) => !own.has(word));
    return left.length === 0 ? [] : [{ flags: `${left.join(', ')} ${value}`.trim(), description }];
  });
}

/** `-f, --file <path>` → `-f`, `--file` */
function words(flags: string): string[] {
  return flags.replace(/ <.*$/, '').split(', ');
}
