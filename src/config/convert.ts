import type { Alias, Node, Pair, YAMLMap, YAMLSeq } from 'yaml';
import { isAlias, isMap, isScalar, isSeq } from 'yaml';

import { MAX_DEPTH } from './guard.ts';
import type { Problems } from './problems.ts';
import type { SourceText } from './source.ts';
import { lineAt, quoted } from './source.ts';

/** Values, counting those that aliases repeat. */
const MAX_VALUES = 200_000;

export interface Converted {
  readonly data: unknown;
  /** What each alias stands for. */
  readonly targets: ReadonlyMap<Alias, Node>;
}

/** An anchor's node with its data; `values` and `height` are what each alias to it adds. */
interface Anchored {
  readonly node: Node;
  readonly data: unknown;
  readonly values: number;
  readonly height: number;
}

/**
 * Turns nodes into plain data: mappings without prototype, aliases resolved but not copied, so that an alias bomb
 * costs nothing and is refused by its size. Reports what it leaves out, and returns `undefined` when that would only
 * lead to more errors.
 */
export function convert(source: SourceText, top: Node, problems: Problems): Converted | undefined {
  const conversion = new Conversion(source, problems);
  const data = conversion.node(top, 1);
  return conversion.isUseless ? undefined : { data, targets: conversion.targets };
}

class Conversion {
  readonly targets = new Map<Alias, Node>();
  isUseless = false;
  readonly #anchors = new Map<string, Anchored>();
  readonly #source: SourceText;
  readonly #problems: Problems;
  #values = 0;
  #deepest = 0;

  constructor(source: SourceText, problems: Problems) {
    this.#source = source;
    this.#problems = problems;
  }

  node(node: Node | null, depth: number): unknown {
    if (this.#values > MAX_VALUES) return null;
    this.#values += 1;
    this.#deepest = Math.max(this.#deepest, depth);
    if (node === null) return null;
    if (isAlias(node)) return this.#alias(node, depth);
    const anchor = isMap(node) || isSeq(node) || isScalar(node) ? node.anchor : undefined;
    if (anchor === undefined) return this.#content(node, depth);

    const before = { values: this.#values, deepest: this.#deepest };
    this.#deepest = depth;
    const data = this.#content(node, depth);
    const height = this.#deepest - depth;
    this.#anchors.set(anchor, { node, data, values: this.#values - before.values + 1, height });
    this.#deepest = Math.max(this.#deepest, before.deepest);
    return data;
  }

  #content(node: Node, depth: number): unknown {
    if (isMap(node)) return this.#map(node, depth);
    if (isSeq(node)) return (node as YAMLSeq<Node | null>).items.map((item) => this.node(item, depth + 1));
    return isScalar(node) ? this.#scalar(node, node.value) : null;
  }

  #map(map: YAMLMap, depth: number): unknown {
    const data = Object.create(null) as Record<string, unknown>;
    const keys = new Map<string, Node>();
    for (const { key, value } of map.items as Pair<Node, Node | null>[]) {
      if (!isScalar(key) || typeof key.value !== 'string') {
        this.#report(key, 'a key must be plain text');
        continue;
      }
      const name = key.value;
      const first = keys.get(name);
      if (first !== undefined) {
        const line = lineAt(this.#source, first.range?.[0] ?? 0);
        this.#report(key, `${quoted(name)} is there twice; the first is on line ${line}`);
      } else if (name === '__proto__') {
        this.#report(key, 'the key "__proto__" is not allowed');
      } else if (name === '<<') {
        this.#report(
          key,
          'merge keys ("<<") are not part of YAML 1.2; write the keys out, or alias the whole value',
        );
      } else {
        keys.set(name, key);
        data[name] = this.node(value, depth + 1);
      }
    }
    return data;
  }

  #scalar(node: Node, value: unknown): unknown {
    if (typeof value === 'number' && !Number.isFinite(value))
      this.#report(node, 'this number is not supported');
    if (typeof value === 'string' && value.includes('\0'))
      this.#report(node, 'this text has a NUL character');
    return value;
  }

  #alias(alias: Alias, depth: number): unknown {
    const anchored = this.#anchors.get(alias.source);
    if (anchored === undefined) {
      this.isUseless = true;
      this.#report(alias, `the alias *${alias.source} has no complete anchor &${alias.source} before it`);
      return null;
    }
    this.targets.set(alias, anchored.node);
    this.#values += anchored.values;
    this.#deepest = Math.max(this.#deepest, depth + anchored.height);
    if (this.#values > MAX_VALUES || depth + anchored.height > MAX_DEPTH) {
      this.isUseless = true;
      this.#report(alias, this.#values > MAX_VALUES ? 'aliases repeat too much' : 'aliases nest too deep');
    }
    return anchored.data;
  }

  #report(node: Node | null, message: string): void {
    const start = node?.range?.[0] ?? 0;
    this.#problems.error(
      () => ({ source: this.#source, range: { start, end: node?.range?.[1] ?? start + 1 } }),
      message,
    );
  }
}
