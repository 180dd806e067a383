import type { Located, Path } from './document.ts';
import type { At } from './problems.ts';

type Mapping = Readonly<Record<string, unknown>>;

/** Which document wrote a part; where both wrote a mapping, which one wrote each of its keys. */
interface Origin {
  readonly document: Located;
  readonly keys?: ReadonlyMap<string, Origin>;
}

interface Layer {
  readonly data: unknown;
  readonly origin: Origin;
}

/**
 * Two documents as one, in which `over` wins. Mappings are merged by key; everything else, lists too, replaces what
 * was there. An entry of `functions` that has no value changes nothing, as it says nothing. Keys that exclude each
 * other replace each other. Every part keeps its place in the file that wrote it.
 */
export function merge(under: Located, over: Located): Located {
  const layer = mergeLayers(
    { data: under.data, origin: { document: under } },
    { data: over.data, origin: { document: over } },
    [],
  );
  return new Merged(layer);
}

class Merged implements Located {
  readonly data: unknown;
  readonly #origin: Origin;

  constructor({ data, origin }: Layer) {
    this.data = data;
    this.#origin = origin;
  }

  value(path: Path): () => At {
    return this.#writer(path).value(path);
  }

  key(path: Path): () => At {
    return this.#writer(path).key(path);
  }

  part(path: Path, words: string): () => At {
    return this.#writer(path).part(path, words);
  }

  written(path: Path): string | undefined {
    return this.#writer(path).written(path);
  }

  with(data: unknown): Located {
    return new Merged({ data, origin: this.#origin });
  }

  /** The document that wrote what is at `path`, or the nearest part above it. */
  #writer(path: Path): Located {
    let origin = this.#origin;
    for (const step of path) {
      const next = origin.keys?.get(step);
      if (next === undefined) break;
      origin = next;
    }
    return origin.document;
  }
}

function mergeLayers(under: Layer, over: Layer, path: Path): Layer {
  if (over.data === null && path.length === 2 && path[0] === 'functions') return under;
  if (!isMapping(under.data) || !isMapping(over.data)) return over;
  const data = Object.create(null) as Record<string, unknown>;
  const keys = new Map<string, Origin>();
  const keep = (key: string, layer: Layer): void => {
    data[key] = layer.data;
    keys.set(key, layer.origin);
  };
  const replaced = replacedKeys(over.data, path);
  for (const key of Object.keys(under.data)) {
    const before = part(under.origin, under.data, key);
    if (key in over.data) keep(key, mergeLayers(before, part(over.origin, over.data, key), [...path, key]));
    else if (!replaced.has(key)) keep(key, before);
  }
  for (const key of Object.keys(over.data)) if (!keys.has(key)) keep(key, part(over.origin, over.data, key));
  return { data, origin: { document: under.origin.document, keys } };
}

/** Keys of which a mapping may have only one: a file that sets one means to replace the other. */
function replacedKeys(over: Mapping, path: Path): ReadonlySet<string> {
  const isFunction = path.length === 2 && path[0] === 'functions';
  const isHook = path.length === 1 && path[0] === 'on_failure';
  const pair = isFunction ? ['source', 'image'] : isHook ? ['command', 'url'] : [];
  return new Set(pair.filter((key) => pair.some((other) => other !== key && other in over)));
}

function part(origin: Origin, data: Mapping, key: string): Layer {
  return { data: data[key], origin: origin.keys?.get(key) ?? { document: origin.document } };
}

function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
