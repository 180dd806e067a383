import type { FunctionName } from '../core/names.ts';
import type { Instance } from '../core/state.ts';
import type { Engine } from '../engine/engine.ts';

/**
 * Asks the engine for the instances of a project. Those who ask in the same tick share one answer, so that a look at
 * fifty functions is one call; who asks alone for one function gets it without the others being listed.
 */
export class Listing {
  readonly #engine: Engine;
  readonly #project: string;
  readonly #names = new Set<FunctionName | undefined>();
  #next: Promise<readonly Instance[]> | undefined;

  constructor(engine: Engine, project: string) {
    this.#engine = engine;
    this.#project = project;
  }

  /** All instances, or those of one function, as they are after this call. */
  async instances(name?: FunctionName): Promise<readonly Instance[]> {
    this.#names.add(name);
    this.#next ??= Promise.resolve().then(() => this.#ask());
    const found = await this.#next;
    return name === undefined ? found : found.filter((instance) => instance.function === name);
  }

  #ask(): Promise<readonly Instance[]> {
    const [first] = this.#names;
    const single = this.#names.size === 1 ? first : undefined;
    this.#names.clear();
    this.#next = undefined;
    const project = this.#project;
    return this.#engine.instances(single === undefined ? { project } : { project, function: single });
  }
}
