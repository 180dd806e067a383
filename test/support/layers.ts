import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { posix } from 'node:path';

import { parseSync } from 'oxc-parser';

/** Part of the architecture: some files and what they may import besides each other. */
interface Layer {
  /** Paths under `src/`; one that ends with `/` is a folder. Of several layers the longest path counts. */
  readonly files: readonly string[];
  /** Names of layers, or paths under `src/` of single files. */
  readonly layers: readonly string[];
  /** Names of npm packages. */
  readonly packages: readonly string[];
  /** Names of npm packages that only `import()` may load, because they may not be there yet. */
  readonly later?: readonly string[];
  /** Node's own modules, without `node:`; `all` of them. */
  readonly node: readonly string[] | 'all';
  /** Whether paths may be computed: of what is only there once it was compiled. */
  readonly computed?: boolean;
}

export type Layers = Readonly<Record<string, Layer>>;

interface Import {
  readonly from: string;
  readonly line: number;
  /** As written; `undefined` when it is computed. */
  readonly specifier: string | undefined;
  /** By `import()`. */
  readonly dynamic: boolean;
}

/** Every file under a folder that holds imports: path relative to it → its text. */
export function readSources(folder: string): ReadonlyMap<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile() && /\.(?:ts|mjs)$/.test(entry.name))
    .map((entry) => `${entry.parentPath}/${entry.name}`.slice(folder.length + 1))
    .sort();
  return new Map(files.map((file) => [file, readFileSync(`${folder}/${file}`, 'utf8')]));
}

/** What breaks the rules, each as `file:line what`; sorted by file. Pure. */
export function layerProblems(sources: ReadonlyMap<string, string>, layers: Layers): string[] {
  const imports = [...sources].flatMap(([file, text]) => importsOf(file, text));
  const homeless = [...sources.keys()].filter((file) => layerOf(file, layers) === undefined);
  return [
    ...homeless.map((file) => `${file}:1 belongs to no layer`),
    ...imports.flatMap((item) => problemOf(item, sources, layers)),
    ...cycles(imports),
  ];
}

function problemOf(item: Import, sources: ReadonlyMap<string, string>, layers: Layers): string[] {
  const { from, line, specifier } = item;
  const name = layerOf(from, layers);
  const layer = name === undefined ? undefined : layers[name];
  if (layer === undefined) return [];
  const problem = (what: string): string[] => [`${from}:${line} ${what}`];
  if (specifier === undefined)
    return layer.computed === true ? [] : problem('imports a path that is computed');
  if (specifier.startsWith('.')) {
    const target = targetOf(item);
    if (!sources.has(target)) return problem(`imports ${specifier}, which is not under src/`);
    const other = layerOf(target, layers);
    if (other === name || layer.layers.includes(target)) return [];
    return other !== undefined && layer.layers.includes(other)
      ? []
      : problem(`(${name}) imports ${target} (${other})`);
  }
  if (isBuiltin(specifier)) {
    if (!specifier.startsWith('node:')) return problem(`imports ${specifier} without node:`);
    const module = specifier.slice('node:'.length);
    return layer.node === 'all' || layer.node.includes(module)
      ? []
      : problem(`(${name}) imports ${specifier}`);
  }
  const parts = specifier.split('/').slice(0, specifier.startsWith('@') ? 2 : 1);
  const allowed = item.dynamic ? [...layer.packages, ...(layer.later ?? [])] : layer.packages;
  return allowed.includes(parts.join('/')) ? [] : problem(`(${name}) imports the package ${parts.join('/')}`);
}

function layerOf(file: string, layers: Layers): string | undefined {
  let best: { readonly name: string; readonly length: number } | undefined;
  for (const [name, { files }] of Object.entries(layers)) {
    for (const path of files) {
      const inside = path.endsWith('/') ? file.startsWith(path) : file === path;
      if (inside && path.length > (best?.length ?? -1)) best = { name, length: path.length };
    }
  }
  return best?.name;
}

function targetOf({ from, specifier }: Import): string {
  return posix.join(posix.dirname(from), specifier ?? '');
}

/** One line for each circle of files that import each other, types included. */
function cycles(imports: readonly Import[]): string[] {
  const edges = new Map<string, Import[]>();
  for (const item of imports) {
    if (item.specifier?.startsWith('.') === true)
      edges.set(item.from, [...(edges.get(item.from) ?? []), item]);
  }
  const problems: string[] = [];
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    if (done.has(file)) return;
    for (const item of edges.get(file) ?? []) {
      const target = targetOf(item);
      const start = [...path, file].indexOf(target);
      if (start === -1) visit(target, [...path, file]);
      else
        problems.push(
          `${file}:${item.line} closes a circle: ${[...path, file].slice(start).concat(target).join(' → ')}`,
        );
    }
    done.add(file);
  };
  for (const file of edges.keys()) visit(file, []);
  return problems;
}

/** Static, dynamic and type imports, and re-exports. */
function importsOf(file: string, text: string): Import[] {
  const { program, errors } = parseSync(file, text);
  if (errors.length > 0) throw new Error(`${file} cannot be parsed: ${errors[0]?.message}`);
  const found: Import[] = [];
  walk(program, (node) => {
    const source = sourceOf(node);
    if (source === undefined) return;
    const line = text.slice(0, Number(node['start'])).split('\n').length;
    const specifier = isNode(source) && typeof source['value'] === 'string' ? source['value'] : undefined;
    found.push({ from: file, line, specifier, dynamic: node['type'] === 'ImportExpression' });
  });
  return found;
}

type Node = Readonly<Record<string, unknown>>;

/** The node that names what is imported; `undefined` for nodes that import nothing. */
function sourceOf(node: Node): unknown {
  switch (node['type']) {
    case 'ImportDeclaration':
    case 'ExportAllDeclaration':
    case 'ImportExpression':
    case 'TSImportType':
      return node['source'] ?? node['argument'];
    case 'ExportNamedDeclaration':
      return node['source'] ?? undefined;
    case 'TSExternalModuleReference':
      return node['expression'];
    default:
      return undefined;
  }
}

function walk(value: unknown, visit: (node: Node) => void): void {
  if (Array.isArray(value)) for (const item of value) walk(item, visit);
  if (!isNode(value)) return;
  visit(value);
  for (const child of Object.values(value)) if (typeof child === 'object') walk(child, visit);
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
