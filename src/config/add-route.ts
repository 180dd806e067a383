import type { Document, Node, Pair, YAMLMap } from 'yaml';
import { isAlias, isCollection, isMap, isScalar, isSeq, parseDocument } from 'yaml';

import type { FunctionName, RoutePath } from '../core/names.ts';
import { parseRoutePath } from '../core/names.ts';
import { refuse } from './guard.ts';

/** What became of a text that should get a route. */
export type RouteEdit =
  /** The same text with one route more. */
  | { readonly kind: 'edited'; readonly text: string }
  /** The path leads somewhere already; `function` is empty where that cannot be said in one word. */
  | { readonly kind: 'taken'; readonly function: string }
  /** A person has to do it. `reason` continues a sentence that begins with the file. */
  | { readonly kind: 'refused'; readonly reason: string };

type Entry = Pair<Node, Node | null>;

/** A place in a text, and what is put there instead of `length` characters. */
interface Change {
  readonly at: number;
  readonly length?: number;
  readonly text: string;
}

/**
 * Adds a route to the text of a functions.yml and touches nothing else: comments, order, indentation, flow style and
 * line ends stay. The result is parsed again; what would change anything but that route is refused.
 */
export function addRoute(text: string, path: RoutePath, name: FunctionName): RouteEdit {
  if (text.startsWith('\uFEFF')) {
    const edit = addRoute(text.slice(1), path, name);
    return edit.kind === 'edited' ? { kind: 'edited', text: `\uFEFF${edit.text}` } : edit;
  }
  const document = parse(text);
  if (document === undefined) return { kind: 'refused', reason: 'is not valid YAML' };
  const taken = takenBy(document, path);
  if (taken !== undefined) return { kind: 'taken', function: taken };
  const changes = changesFor(text, document, path, name);
  if (typeof changes === 'string') return { kind: 'refused', reason: changes };
  const edited = changed(text, changes);
  if (!differsByRoute(document, parse(edited), path, name)) {
    return {
      kind: 'refused',
      reason: 'is written in a way that another route would change more than itself',
    };
  }
  return { kind: 'edited', text: edited };
}

/** Whether the text gives the function an image or a folder of another name. */
export function hasOtherSource(text: string, name: FunctionName): boolean {
  const document = parse(text);
  return ['image', 'source'].some((key) => document?.hasIn(['functions', name, key]) === true);
}

/** The lines to add by hand. */
export function routeLines(path: RoutePath, name: FunctionName): readonly string[] {
  return ['routes:', `  ${entryText(path, name, false)}`];
}

function parse(text: string): Document | undefined {
  if (refuse(text) !== undefined) return undefined;
  const document = parseDocument(text, {
    version: '1.2',
    schema: 'core',
    stringKeys: true,
    resolveKnownTags: false,
    prettyErrors: false,
    logLevel: 'error',
  });
  return document.errors.length + document.warnings.length > 0 ? undefined : document;
}

function takenBy(document: Document, path: RoutePath): string | undefined {
  const routes = routesOf(document)?.value;
  if (!isMap(routes)) return undefined;
  for (const { key, value } of routes.items as Entry[]) {
    const known = parseRoutePath(isScalar(key) ? String(key.value) : '');
    if (known.ok && known.path === path)
      return isScalar(value) && typeof value.value === 'string' ? value.value : '';
  }
  return undefined;
}

function routesOf({ contents }: Document): Entry | undefined {
  if (!isMap(contents)) return undefined;
  return (contents.items as Entry[]).find(({ key }) => isScalar(key) && key.value === 'routes');
}

/** What to do to the text, or why nothing can be done. */
function changesFor(
  text: string,
  document: Document,
  path: RoutePath,
  name: FunctionName,
): readonly Change[] | string {
  const eol = /\r\n|\n/.exec(text)?.[0] ?? '\n';
  const { contents } = document;
  if (contents === null || (isScalar(contents) && contents.source === '')) {
    if (/^(?:---|\.\.\.|%)/m.test(text)) return 'has document marks and nothing else';
    return [line(text, text.length, eol, `routes:${eol}  ${entryText(path, name, false)}`)];
  }
  if (!isMap(contents)) return 'is no mapping';
  const top = contents as YAMLMap<Node, Node | null>;
  const routes = routesOf(document);
  if (routes !== undefined) return inRoutes(text, eol, routes, (json) => entryText(path, name, json));
  if (top.flow === true) {
    const json = hasQuotedKeys(text, top);
    const entry = entryText(path, name, json);
    return inFlow(text, eol, top, json ? `"routes": { ${entry} }` : `routes: { ${entry} }`);
  }
  const indent = indentOf(text, top);
  if (indent === undefined) return 'has keys that do not begin their lines';
  const entry = `${indent}routes:${eol}${indent}  ${entryText(path, name, false)}`;
  return [line(text, endOf(text, top), eol, entry)];
}

/** Puts an entry under the key `routes`. */
function inRoutes(
  text: string,
  eol: string,
  { key, value }: Entry,
  entry: (json: boolean) => string,
): readonly Change[] | string {
  if (isAlias(value)) return 'has an alias as routes';
  if (isMap(value)) {
    const map = value as YAMLMap<Node, Node | null>;
    if (map.flow === true)
      return inFlow(text, eol, map, entry(hasQuotedKeys(text, map) || isQuoted(text, key)));
    const indent = indentOf(text, map);
    if (indent === undefined) return 'has routes that do not begin their lines';
    return [line(text, endOf(text, map), eol, indent + entry(false))];
  }
  if (value !== null && !(isScalar(value) && value.value === null)) return 'has routes that are no mapping';
  const written = value?.range ?? undefined;
  if (value?.anchor !== undefined || value?.tag !== undefined) return 'has routes with an anchor or a tag';
  if (written !== undefined && written[1] > written[0])
    return [{ at: written[0], length: written[1] - written[0], text: `{ ${entry(isQuoted(text, key))} }` }];
  const start = key.range?.[0] ?? 0;
  const column = start - lineStart(text, start);
  const indent = text.slice(start - column, start);
  if (indent.trim() !== '') return 'has routes that do not begin their line';
  return [line(text, key.range?.[1] ?? start, eol, `${indent}  ${entry(false)}`)];
}

/** Puts an entry behind the last of a mapping in braces. */
function inFlow(
  text: string,
  eol: string,
  map: YAMLMap<Node, Node | null>,
  entry: string,
): readonly Change[] | string {
  const [start = 0, end = 0] = map.range ?? [];
  const last = map.items.at(-1);
  if (last === undefined) {
    if (text.slice(start + 1, end - 1).trim() !== '') return 'has a comment between braces';
    return [{ at: start, length: end - start, text: `{ ${entry} }` }];
  }
  const at = (last.value ?? last.key).range?.[1] ?? end;
  const lead = text.slice(lineStart(text, last.key.range?.[0] ?? at), last.key.range?.[0]);
  if (lead.trim() !== '') return [{ at, text: `, ${entry}` }];
  const rest = text.slice(at, lineEnd(text, at));
  const comma = /^\s*,/.exec(rest)?.[0];
  // The brace that closes it stands on the same line: what is put behind the line would be outside.
  if (end <= at + rest.length) return [{ at, text: `,${eol}${lead}${entry}` }];
  if (comma !== undefined) return [{ at: at + rest.length, text: `${eol}${lead}${entry},` }];
  return [
    { at, text: ',' },
    { at: at + rest.length, text: `${eol}${lead}${entry}` },
  ];
}

/** A whole line behind the one in which `at` lies. */
function line(text: string, at: number, eol: string, content: string): Change {
  const begins = at === 0 || text[at - 1] === '\n';
  const end = begins ? at : lineEnd(text, at);
  if (begins) return { at: end, text: content + eol };
  // A text without a last line end stays one.
  return { at: end, text: eol + content };
}

/** Where the last word of a node in block style ends. */
function endOf(text: string, node: Node): number {
  const last = isCollection(node) && node.flow !== true ? node.items.at(-1) : undefined;
  if (isMap(node) && last !== undefined) {
    const { key, value } = last as Entry;
    const isWritten = value?.range !== undefined && value.range !== null && value.range[1] > value.range[0];
    return isWritten ? endOf(text, value) : (key.range?.[1] ?? text.length);
  }
  if (isSeq(node) && last !== undefined) return endOf(text, last as Node);
  return node.range?.[1] ?? text.length;
}

/** What stands before each key of a block mapping; `undefined` when that is more than spaces. */
function indentOf(text: string, map: YAMLMap<Node, Node | null>): string | undefined {
  const start = map.items[0]?.key.range?.[0];
  if (start === undefined) return undefined;
  const indent = text.slice(lineStart(text, start), start);
  return indent.trim() === '' ? indent : undefined;
}

function entryText(path: RoutePath, name: FunctionName, json: boolean): string {
  // What could be a number, a null or punctuation to YAML is quoted.
  const key = !json && /^[/A-Za-z0-9._~-]+$/.test(path) ? path : JSON.stringify(path);
  const isWord = /^[a-z][a-z0-9-]*$/.test(name) && !['null', 'true', 'false'].includes(name);
  return `${key}: ${!json && isWord ? name : JSON.stringify(name)}`;
}

function hasQuotedKeys(text: string, map: YAMLMap<Node, Node | null>): boolean {
  const [first] = map.items;
  return first !== undefined && isQuoted(text, first.key);
}

function isQuoted(text: string, node: Node): boolean {
  return text[node.range?.[0] ?? text.length] === '"';
}

function lineStart(text: string, at: number): number {
  return text.lastIndexOf('\n', at - 1) + 1;
}

/** Where the line of `at` ends: before its line end, `\r` included. */
function lineEnd(text: string, at: number): number {
  const next = text.indexOf('\n', at);
  if (next === -1) return text.length;
  return text[next - 1] === '\r' && next - 1 >= at ? next - 1 : next;
}

function changed(text: string, changes: readonly Change[]): string {
  let result = text;
  for (const { at, length = 0, text: insert } of changes.toReversed())
    result = result.slice(0, at) + insert + result.slice(at + length);
  return result;
}

/** Whether `after` says what `before` said and the route, nothing else. */
function differsByRoute(
  before: Document,
  after: Document | undefined,
  path: RoutePath,
  name: FunctionName,
): boolean {
  if (after === undefined) return false;
  const expected = plainMap(before.toJS());
  const routes = plainMap(expected.get('routes'));
  routes.set(path, name);
  expected.set('routes', routes);
  return same(expected, plainMap(after.toJS()));
}

function plainMap(value: unknown): Map<string, unknown> {
  return new Map(value === null || value === undefined ? [] : Object.entries(value));
}

function same(expected: ReadonlyMap<string, unknown>, found: ReadonlyMap<string, unknown>): boolean {
  return JSON.stringify([...expected].map(written)) === JSON.stringify([...found].map(written));
}

function written([key, value]: readonly [string, unknown]): readonly unknown[] {
  return [
    key,
    value instanceof Map || key === 'routes' ? [...(value instanceof Map ? value : plainMap(value))] : value,
  ];
}
