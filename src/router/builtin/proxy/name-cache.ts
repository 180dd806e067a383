/** More names than this are not remembered. */
const MOST_NAMES = 1000;
/** Longer names are not remembered: clients make them up. */
const LONGEST = 64;

/**
 * Remembers what holds for header names, as clients write them: saves a lower-casing per header. When it is full it
 * begins anew, so that no client can fill it for good with names that nobody else sends.
 */
export class NameCache<T> {
  private readonly find: (lower: string) => T;
  private readonly known = new Map<string, T>();

  /** `find` says what holds for a name in lower case. */
  constructor(find: (lower: string) => T) {
    this.find = find;
  }

  get(name: string): T {
    const known = this.known.get(name);
    if (known !== undefined) return known;
    const found = this.find(name.toLowerCase());
    if (name.length > LONGEST) return found;
    if (this.known.size >= MOST_NAMES) this.known.clear();
    this.known.set(name, found);
    return found;
  }
}
