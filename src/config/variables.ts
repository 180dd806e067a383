/** Replaces `${VAR}`, `${VAR:-default}`, `${VAR:?message}` and `$$` in one text. */

/** The value of a variable, or `undefined` when it is not set. */
export type Lookup = (name: string) => string | undefined;

/** What is wrong with a text, and the words of it that are meant. */
interface VariableProblem {
  readonly message: string;
  readonly words: string;
}

type Substituted = { readonly text: string } | { readonly problem: VariableProblem };

/** Levels of `${A:-${B}}`. */
const MAX_DEPTH = 8;
const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;

/** Substitutes variables in `text`. Defaults may name variables themselves; those are looked up only when needed. */
export function substitute(text: string, lookup: Lookup): Substituted {
  if (!text.includes('$')) return { text };
  try {
    return { text: new Reader(text, lookup).read(0, false) };
  } catch (error) {
    if (error instanceof Wrong) return { problem: error.problem };
    throw error;
  }
}

class Wrong extends Error {
  readonly problem: VariableProblem;

  constructor(message: string, words: string) {
    super(message);
    this.problem = { message, words };
  }
}

class Reader {
  readonly #text: string;
  readonly #lookup: Lookup;
  #at = 0;

  constructor(text: string, lookup: Lookup) {
    this.#text = text;
    this.#lookup = lookup;
  }

  /** Reads to the end, or inside braces to the closing one. Without `used` nothing is looked up. */
  read(depth: number, isUnused: boolean): string {
    let result = '';
    while (this.#at < this.#text.length) {
      const character = this.#text[this.#at] ?? '';
      if (character === '}' && depth > 0) return result;
      if (character === '$') result += this.#dollar(depth, isUnused);
      else {
        result += character;
        this.#at += 1;
      }
    }
    return result;
  }

  #dollar(depth: number, isUnused: boolean): string {
    const start = this.#at;
    const next = this.#text[start + 1] ?? '';
    if (next === '{') return this.#variable(depth + 1, isUnused);
    this.#at += next === '$' ? 2 : 1;
    if (next !== '$' && /[A-Za-z_]/.test(next)) {
      const name = this.#name();
      throw new Wrong(`write \${${name}} for a variable, or $$${name} for the text itself`, `$${name}`);
    }
    return '$';
  }

  #variable(depth: number, isUnused: boolean): string {
    const start = this.#at;
    if (depth > MAX_DEPTH) throw new Wrong('variables are nested too deep', '${');
    this.#at += 2;
    const name = this.#name();
    if (name === '') throw new Wrong('"${" is not followed by the name of a variable', this.#since(start, 1));
    const value = isUnused ? '' : this.#lookup(name);
    const operator = /(?::-|:\?|\}|)/y;
    operator.lastIndex = this.#at;
    const found = operator.exec(this.#text)?.[0] ?? '';
    this.#at += found.length;
    if (found === '}') {
      if (value !== undefined) return value;
      throw new Wrong(
        `variable ${name} is not set, neither in the environment nor in .env`,
        this.#since(start),
      );
    }
    if (found === '') {
      throw new Wrong(
        `expected \${${name}}, \${${name}:-default} or \${${name}:?message}`,
        this.#since(start, 1),
      );
    }
    const isEmpty = value === undefined || value === '';
    const rest = this.read(depth, isUnused || !isEmpty);
    if (this.#text[this.#at] !== '}') throw new Wrong(`"\${${name}" has no closing "}"`, this.#since(start));
    this.#at += 1;
    if (isUnused || !isEmpty) return value ?? '';
    if (found === ':-') return rest;
    throw new Wrong(
      rest === '' ? `variable ${name} is not set` : `variable ${name}: ${rest}`,
      this.#since(start),
    );
  }

  #name(): string {
    NAME.lastIndex = this.#at;
    const name = NAME.exec(this.#text)?.[0] ?? '';
    this.#at += name.length;
    return name;
  }

  #since(start: number, further = 0): string {
    return this.#text.slice(start, this.#at + further);
  }
}
