/** The help texts, made from the verbs' definitions. Paragraphs are wrapped at 80 columns. */
import type { Verb } from '../verb.ts';
import { GLOBAL_OPTIONS, globalOptions, GROUPS, VERBS } from '../verbs.ts';

const COLUMNS = 80;

/** `faaso help`. */
export function overview(): string {
  return [
    'faaso builds functions into containers, runs one of each and routes URL paths to them.',
    '',
    'Usage: faaso VERB [options]',
    '',
    'Verbs',
    ...table(VERBS.map((verb) => [verb.name, verb.summary])),
    '',
    'Options of every verb',
    ...table([...GLOBAL_OPTIONS, ...OF_PROGRAM].map((option) => [option.flags, option.description])),
    '',
    'Begin with',
    ...table([
      ['faaso serve --watch', 'in a folder with a functions.yml'],
      ['faaso help apply', 'what a verb takes, with examples'],
    ]),
    '',
  ].join('\n');
}

/** `faaso help daemon`. */
export function groupHelp(group: string): string {
  const verbs = VERBS.filter((verb) => verb.name.startsWith(`${group} `));
  return [
    `Usage: faaso ${group} ${verbs.map((verb) => verb.name.slice(group.length + 1)).join('|')}`,
    '',
    `${capital(GROUPS[group] ?? '')}.`,
    '',
    'Verbs',
    ...table(verbs.map((verb) => [verb.name, verb.summary])),
    '',
  ].join('\n');
}

/** `faaso help VERB`. */
export function verbHelp(verb: Verb): string {
  const lines = [`Usage: ${usage(verb)}`, '', `${capital(verb.summary)}.`];
  if (verb.description !== '') lines.push('', ...wrap(verb.description, COLUMNS));
  if (verb.arguments.length > 0) {
    lines.push('', 'Arguments', ...table(verb.arguments.map((item) => [item.name, item.description])));
  }
  if (verb.options.length > 0) {
    lines.push('', 'Options', ...table(verb.options.map((option) => [option.flags, option.description])));
  }
  lines.push(
    '',
    'Options of every verb',
    ...table(globalOptions(verb).map((option) => [option.flags, option.description])),
  );
  lines.push('', 'Examples', ...table(verb.examples.map((example) => [example.line, example.about])), '');
  return lines.join('\n');
}

/** The usage line of a verb, with `faaso` in front. */
export function usage(verb: Verb): string {
  const words = verb.arguments.map(
    (item) => ({ required: item.name, optional: `[${item.name}]`, many: `[${item.name}…]` })[item.arity],
  );
  const options = verb.options.map((option) => {
    const [long = ''] = option.flags.split(', ').slice(-1);
    return `[${long}]`;
  });
  return ['faaso', verb.name, ...words, ...options].join(' ');
}

const OF_PROGRAM = [
  { flags: '-h, --help', description: 'this help; after a verb, the help of the verb' },
  { flags: '-V, --version', description: 'the version' },
];

function table(rows: readonly (readonly [string, string])[]): string[] {
  const first = Math.max(...rows.map(([name]) => name.length)) + 3;
  return rows.flatMap(([name, text]) =>
    wrap(text, Math.max(20, COLUMNS - first - 2)).map((line, index) =>
      `  ${(index === 0 ? name : '').padEnd(first)}${line}`.trimEnd(),
    ),
  );
}

function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
