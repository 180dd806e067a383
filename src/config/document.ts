import type { Document, ErrorCode, Node, Pair, YAMLError } from 'yaml';
import { isAlias, isMap, isScalar, isSeq, parseDocument } from 'yaml';

import type { Converted } from './convert.ts';
import { convert } from './convert.ts';
import { refuse } from './guard.ts';
import type { At, Problems } from './problems.ts';
import type { Range, SourceText } from './source.ts';
import { quoted } from './source.ts';

/** Keys and indexes that lead from the top of a document to a value. */
export type Path = readonly string[];

/** Better words for some of the library's errors. */
const SYNTAX_WORDS: Partial<Record<ErrorCode, string>> = {
  TAB_AS_INDENT: 'a tab is used to indent; YAML wants spaces',
  TAG_RESOLVE_FAILED: 'tags ("!…") are not supported',
  MULTIPLE_DOCS: 'a second document begins here ("---"); only one is read',
  NON_STRING_KEY: 'a key must be plain text',
};

/** What leaves the rest of the text as clear as it was. After anything else the parser only guesses. */
const HARMLESS: ReadonlySet<ErrorCode> = new Set(['TAG_RESOLVE_FAILED', 'MULTIPLE_DOCS', 'NON_STRING_KEY']);

/** What one file or several say, and where each part of it stands. */
export interface Located {
  /** Plain data; mappings have no prototype. */
  readonly data: unknown;
  /** The value at `path`, or its key where it has no text or does not exist. Give it to {@link Problems}. */
  value(path: Path): () => At;
  /** The key at `path`; an item of a list has none, so it is the item itself; what does not exist is its parent. */
  key(path: Path): () => At;
  /** Where `words` stand in the scalar at `path`; the whole scalar when they are not found as written. */
  part(path: Path, words: string): () => At;
  /** The scalar at `path` as it is written in the file. */
  written(path: Path): string | undefined;
  /** The same places with other data of the same shape. */
  with(data: unknown): Located;
}

/** One parsed YAML file. */
export class YamlDocument implements Located {
  readonly source: SourceText;
  readonly data: unknown;
  readonly #converted: Converted;
  readonly #top: Node;

  constructor(source: SourceText, top: Node, converted: Converted) {
    this.source = source;
    this.data = converted.data;
    this.#converted = converted;
    this.#top = top;
  }

  value(path: Path): () => At {
    return () => {
      const found = this.#find(path);
      const node = found?.node;
      if (path.length === 0 || node === undefined || (isScalar(node) && node.source === ''))
        return this.key(path)();
      // A collection's text may be long: its key says better which one is meant.
      if (!isScalar(node) && found?.key !== undefined) return this.#at(found.key);
      return this.#at(node);
    };
  }

  key(path: Path): () => At {
    return () => {
      const found = this.#find(path);
      if (found?.key !== undefined) return this.#at(found.key);
      if (found !== undefined && path.length > 0) return this.#at(found.node ?? this.#top);
      if (path.length > 0) return this.key(path.slice(0, -1))();
      return { source: this.source, range: firstWord(this.source, this.#top.range?.[0] ?? 0) };
    };
  }

  part(path: Path, words: string): () => At {
    return () => {
      const range = this.#find(path)?.node?.range;
      const start = this.source.text.indexOf(words, range?.[0] ?? this.source.text.length);
      if (range === undefined || range === null || start === -1 || start >= range[1])
        return this.value(path)();
      return { source: this.source, range: { start, end: start + words.length } };
    };
  }

  written(path: Path): string | undefined {
    const node = this.#find(path)?.node;
    return isScalar(node) ? (node.source ?? undefined) : undefined;
  }

  with(data: unknown): YamlDocument {
    return new YamlDocument(this.source, this.#top, { ...this.#converted, data });
  }

  #at(node: Node): At {
    const start = node.range?.[0] ?? 0;
    return { source: this.source, range: { start, end: node.range?.[1] ?? start + 1 } };
  }

  #find(path: Path): { readonly key: Node | undefined; readonly node: Node | undefined } | undefined {
    let node: Node | undefined = this.#top;
    let key: Node | undefined;
    for (const step of path) {
      if (isAlias(node)) node = this.#converted.targets.get(node);
      if (isMap(node)) {
        const pair = (node.items as Pair<Node, Node | null>[]).find(
          (item) => isScalar(item.key) && item.key.value === step,
        );
        if (pair === undefined) return undefined;
        key = pair.key;
        node = pair.value ?? undefined;
      } else if (isSeq(node)) {
        key = undefined;
        node = node.items[Number(step)] as Node | undefined;
        if (node === undefined) return undefined;
      } else return undefined;
    }
    return { key, node };
  }
}

/**
 * Parses YAML 1.2 (core schema) safely. Returns `undefined` when it was reported to `problems` why not. `least` is what
 * an empty file lacks.
 */
export function parseYaml(source: SourceText, problems: Problems, least?: string): YamlDocument | undefined {
  const refusal = refuse(source.text);
  if (refusal !== undefined) {
    problems.error(() => ({ source, range: refusal.range }), refusal.message);
    return undefined;
  }
  const document = parse(source.text);
  if (reportSyntax(source, document, problems)) return undefined;
  const top = document.contents as Node | null;
  if (top === null || (isScalar(top) && top.value === null)) {
    problems.error(
      () => ({ file: source.file }),
      least === undefined ? 'the file is empty' : `the file is empty; write at least ${quoted(least)}`,
    );
    return undefined;
  }
  const converted = convert(source, top, problems);
  return converted === undefined ? undefined : new YamlDocument(source, top, converted);
}

/** Without stack traces: a text full of errors takes seconds for them. */
function parse(text: string): Document {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return parseDocument(text, {
      version: '1.2',
      schema: 'core',
      stringKeys: true,
      // Checked in convert.ts: here it compares every key with every other.
      uniqueKeys: false,
      resolveKnownTags: false,
      prettyErrors: false,
      logLevel: 'error',
    });
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

function reportSyntax(source: SourceText, document: Document, problems: Problems): boolean {
  const found = meant([...document.errors, ...document.warnings]);
  for (const error of found) {
    const [start, end] = error.pos;
    problems.error(() => ({ source, range: { start, end } }), syntaxMessage(error));
  }
  if (found.length === 0 && document.directives?.yaml.version !== '1.2') {
    problems.error(
      () => ({ source, range: { start: 0, end: 5 } }),
      'only YAML 1.2 is read; remove the %YAML line',
    );
    return true;
  }
  return found.length > 0;
}

/** In the order of the text, up to the first that makes all that follow it the parser's guesses. */
function meant(errors: readonly YAMLError[]): readonly YAMLError[] {
  const sorted = errors.toSorted((a, b) => a.pos[0] - b.pos[0]);
  const first = sorted.findIndex(({ code }) => !HARMLESS.has(code));
  return first === -1 ? sorted : sorted.slice(0, first + 1);
}

function syntaxMessage({ code, message }: YAMLError): string {
  const stray = /^Unexpected \S+ token in YAML stream: (".*")$/.exec(message)?.[1];
  if (stray !== undefined) return `not valid YAML: ${stray} does not belong here`;
  const plain = message.replace(/\.$/, '');
  return SYNTAX_WORDS[code] ?? `not valid YAML: ${plain.charAt(0).toLowerCase()}${plain.slice(1)}`;
}

function firstWord(source: SourceText, start: number): Range {
  const length = /^[^\s:]*/.exec(source.text.slice(start, start + 100))?.[0].length ?? 1;
  return { start, end: start + Math.max(1, length) };
}
