/** The help texts, made from the verbs' definitions. Paragraphs are wrapped at 80 columns. */
import type { Verb } from '../verb.ts';
import { GLOBAL_OPTIONS, globalOptions } from '../global-options.ts';
import { GROUPS, SECTIONS, VERBS } from '../verbs.ts';

const COLUMNS = 80;

/** `faaso help`: short enough for one screen. */
export function overview(): string {
  const sections = SECTIONS.map(({ title, verbs }) => ({ title, rows: [...new Map(verbs.map(lineOf))] }));
  const first = Math.max(...sections.flatMap(({ rows }) => rows.map(([name]) => name.length)));
  const globals = GLOBAL_OPTIONS.map(({ flags }) => flags.replace(/, --[a-z]+/, ''));
  return [
    'faaso builds functions into containers, runs each and routes URL paths to it.',
    '',
    'Usage: faaso VERB [options]',
    ...sections.flatMap(({ title, rows }) => ['', title, ...table(rows, first)]),
    '',
    ...wrap(`Every verb: ${globals.join(', ')}, -h. More: faaso help VERB`, COLUMNS),
    '',
  ].join('\n');
}

/** A verb with its summary; the verbs of a group share one line. */
function lineOf(verb: Verb): readonly [string, string] {
  const [first = ''] = verb.name.split(' ');
  return [first, first === verb.name ? verb.summary : (GROUPS[first] ?? '')];
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
  const [first = '', ...more] = fill(['Usage:', ...usageWords(verb)], COLUMNS - 2);
  const lines = [first, ...more.map((line) => `  ${line}`), '', `${capital(verb.summary)}.`];
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
  return usageWords(verb).join(' ');
}

function usageWords(verb: Verb): readonly string[] {
  const words = verb.arguments.map(
    (item) => ({ required: item.name, optional: `[${item.name}]`, many: `[${item.name}…]` })[item.arity],
  );
  const options = verb.options.map((option) => {
    const [long = ''] = option.flags.split(', ').slice(-1);
    return `[${long}]`;
  });
  return ['faaso', verb.name, ...words, ...options];
}

/** `longest`: the longest name, where several tables stand in one column. */
function table(
  rows: readonly (readonly [string, string])[],
  longest: number = Math.max(...rows.map(([name]) => name.length)),
): string[] {
  const first = longest + 3;
  return rows.flatMap(([name, text]) =>
    wrap(text, Math.max(20, COLUMNS - first - 2)).map((line, index) =>
      `  ${(index === 0 ? name : '').padEnd(first)}${line}`.trimEnd(),
    ),
  );
}

function wrap(text: string, columns: number): string[] {
  return fill(text.split(' '), columns);
}

/** Puts as many words on a line as fit. */
function fill(words: readonly string[], columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of words) {
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
