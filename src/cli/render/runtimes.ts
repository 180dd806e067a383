import type { RuntimeAnswer, RuntimesAnswer } from '../../control/begin/api.ts';
import type { RuntimeOption } from '../../core/specs.ts';
import type { Paint } from './paint.ts';
import { plain } from './safe.ts';
import { columnsOf } from './table.ts';
import { pad, wrap } from './width.ts';

/** Where there is no terminal. */
const COLUMNS = 100;
const WHERE = { faaso: 'faaso', project: 'this project' } as const;

/** `faaso runtimes` */
export function renderRuntimes(
  { runtimes }: RuntimesAnswer,
  columns: number | undefined,
  paint: Paint,
): string[] {
  const head = ['RUNTIME', 'FROM', 'IS'];
  const rows = runtimes.map(({ name, from, description }) => [name, WHERE[from], plain(description)]);
  const widths = columnsOf(head, rows, columns);
  const line = (row: readonly string[]): string =>
    row.map((cell, index) => (index === row.length - 1 ? cell : pad(cell, widths[index] ?? 0))).join('');
  return [
    paint.faint(line(head)),
    ...rows.map(line),
    '',
    'Packages of a function stand in its folder: requirements.txt (python), package.json (node).',
    'All of one: faaso runtimes NAME. A function in it: faaso new NAME --runtime RUNTIME',
  ];
}

/** `faaso runtimes NAME` */
export function renderRuntime(runtime: RuntimeAnswer, columns: number | undefined): string[] {
  const { name, description, folder, bases, required, options } = runtime;
  const width = Math.max(40, columns ?? COLUMNS);
  const fact = (key: string, text: string): string[] =>
    wrap(plain(text), width - 12).map((part, index) =>
      `${(index === 0 ? key : '').padEnd(12)}${part}`.trimEnd(),
    );
  const names = Object.keys(options);
  return [
    ...fact(name, description),
    '',
    ...fact('template', folder),
    ...fact('needs', required.map((group) => group.join(' or ')).join('; ') || 'no file but metadata.yml'),
    ...fact('builds on', bases.build.join(', or ')),
    ...fact('runs on', bases.run.join(', or ')),
    ...(names.length === 0 ? fact('options', 'none') : ['', 'Options, under "options:" in metadata.yml']),
    ...Object.entries(options).flatMap(([key, option]) => [
      `  ${key}: ${JSON.stringify(option.default)}`,
      ...wrap(plain(optionText(option)), width - 6).map((part) => `      ${part}`),
    ]),
  ];
}

function optionText(option: RuntimeOption): string {
  const kind = kindText(option);
  return option.description === '' ? kind : `${kind}. ${option.description}`;
}

function kindText(option: RuntimeOption): string {
  switch (option.type) {
    case 'boolean':
      return 'true or false';
    case 'integer':
      return rangeText(option.minimum, option.maximum);
    case 'string':
      return `text that matches ${option.pattern}`;
  }
}

/** Bounds that runtime.yml leaves open are those of whole numbers themselves. */
function rangeText(minimum: number, maximum: number): string {
  const least = minimum === Number.MIN_SAFE_INTEGER ? '' : ` from ${minimum}`;
  const most = maximum === Number.MAX_SAFE_INTEGER ? '' : ` to ${maximum}`;
  return `a whole number${least}${most}`;
}
