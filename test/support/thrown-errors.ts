/** The errors that the source can make, read from the source itself. */
import { parseSync } from 'oxc-parser';

/** A place in the source that makes an error. */
export interface Thrown {
  readonly place: string;
  readonly code: string;
  /** The arguments as they are written. */
  readonly message: string;
  readonly options: string;
  /** The hint among the options; empty where it is made elsewhere. */
  readonly hint: string;
}

/** Every error that the source makes. Nobody meets what the engine for tests says. */
export function thrownIn(sources: ReadonlyMap<string, string>): readonly Thrown[] {
  return [...sources]
    .filter(([file]) => !file.startsWith('engine/memory'))
    .flatMap(([file, text]) => thrown(file, text));
}

/** Every `new FaasoError(…)` of a file. */
function thrown(file: string, text: string): Thrown[] {
  const found: Thrown[] = [];
  walk(parseSync(file, text).program, (node) => {
    if (node['type'] !== 'NewExpression' || nameOf(node['callee']) !== 'FaasoError') return;
    const written = (item: unknown): string => textOf(text, item);
    const given = node['arguments'] as readonly Node[];
    const [code, message, options] = given.map(written);
    const line = text.slice(0, Number(node['start'])).split('\n').length;
    found.push({
      place: `${file}:${line}`,
      code: code?.replaceAll("'", '') ?? '',
      message: message ?? '',
      options: options ?? '',
      hint: written(hintOf(given[2])),
    });
  });
  return found;
}

type Node = Readonly<Record<string, unknown>>;

function walk(value: unknown, visit: (node: Node) => void): void {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) visit(value as Node);
  for (const child of Object.values(value)) walk(child, visit);
}

function textOf(text: string, item: unknown): string {
  if (typeof item !== 'object' || item === null) return '';
  const { start, end } = item as Node;
  return text.slice(Number(start), Number(end));
}

/** The value of `hint` in an object that is written out. */
function hintOf(options: Node | undefined): unknown {
  const properties = (options?.['properties'] ?? []) as readonly Node[];
  return properties.find(({ key }) => nameOf(key) === 'hint')?.['value'];
}

function nameOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'name' in value ? value.name : undefined;
}
