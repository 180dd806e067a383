import { canonicalJson } from '../../core/hash.ts';
import type { Served } from '../routes-file.ts';
import type { Tagged } from './admin.ts';
import type { Json } from './json.ts';
import type { Place } from './place.ts';

export interface Wanted {
  readonly value: Json;
  /** The same value gives the same text. */
  readonly text: string;
}

/** Tells whether Caddy has what is wanted. Nothing is made or read anew where neither has changed: it is asked for ever. */
export class Comparison {
  readonly #place: Place;
  #wanted: (Wanted & { readonly served: Served }) | undefined;
  #same: { readonly now: Tagged; readonly text: string } | undefined;

  constructor(place: Place) {
    this.#place = place;
  }

  /** What was there when it was compared last, if it was as wanted. */
  get known(): Tagged | undefined {
    return this.#same?.now;
  }

  async wanted(served: Served): Promise<Wanted> {
    if (this.#wanted?.served === served) return this.#wanted;
    const value = await this.#place.config(served);
    const wanted = { served, value, text: canonicalJson(value) };
    this.#wanted = wanted;
    return wanted;
  }

  isThere(now: Tagged, { text }: Wanted): boolean {
    if (this.#same?.now === now && this.#same.text === text) return true;
    const isSame = canonicalJson(now.value) === text;
    this.#same = isSame ? { now, text } : undefined;
    return isSame;
  }
}
