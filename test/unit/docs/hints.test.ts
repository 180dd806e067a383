import { fileURLToPath } from 'node:url';

import { parseSync } from 'oxc-parser';
import { expect, it } from 'vitest';

import { readSources } from '../../support/layers.ts';

/** Whom nobody can help: a defect (it asks for a report by itself), and what was cancelled on purpose. */
const WITHOUT = ['internal', 'interrupted'];

it('every error that is thrown says what to do: a hint, or the places in the files', () => {
  const sources = readSources(fileURLToPath(new URL('../../../src', import.meta.url)));
  const speechless = thrownIn(sources).filter(
    ({ code, options }) => !WITHOUT.includes(code) && !/\bhint\b|\bdiagnostics\b|\.\.\./.test(options),
  );
  expect(speechless.map(({ place, message }) => `${place} ${message}`)).toEqual([]);
});

it('no message ends with a full stop or begins with a capital letter that is no name', () => {
  const sources = readSources(fileURLToPath(new URL('../../../src', import.meta.url)));
  const odd = thrownIn(sources).filter(
    ({ message }) => /[^.]\.['`"]$/.test(message) || /^['`"][A-Z][a-z]/.test(message),
  );
  expect(odd.map(({ place, message }) => `${place} ${message}`)).toEqual([]);
});

interface Thrown {
  readonly place: string;
  readonly code: string;
  /** The arguments as they are written. */
  readonly message: string;
  readonly options: string;
}

/** Nobody meets what the engine for tests says. */
function thrownIn(sources: ReadonlyMap<string, string>): readonly Thrown[] {
  return [...sources]
    .filter(([file]) => !file.startsWith('engine/memory'))
    .flatMap(([file, text]) => thrown(file, text));
}

/** Every `new FaasoError(…)` of a file. */
function thrown(file: string, text: string): Thrown[] {
  const found: Thrown[] = [];
  walk(parseSync(file, text).program, (node) => {
    if (node['type'] !== 'NewExpression' || nameOf(node['callee']) !== 'FaasoError') return;
    const [code, message, options] = (node['arguments'] as readonly Node[]).map((item) =>
      text.slice(Number(item['start']), Number(item['end'])),
    );
    const line = text.slice(0, Number(node['start'])).split('\n').length;
    found.push({
      place: `${file}:${line}`,
      code: code?.replaceAll("'", '') ?? '',
      message: message ?? '',
      options: options ?? '',
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

function nameOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'name' in value ? value.name : undefined;
}
