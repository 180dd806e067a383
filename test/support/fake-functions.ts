import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';

import type { OnStart } from '../../src/engine/memory/container.ts';

/**
 * How a function behaves. `well`: answers `NAME VERSION`; `exits`: its process ends at once; `broken`: answers 500;
 * `hangs`: never answers; `deaf`: listens nowhere.
 */
export type Behaviour = 'well' | 'exits' | 'broken' | 'hangs' | 'deaf';

/** Functions as real HTTP servers of this process, for the engine in memory. */
export class FakeFunctions {
  readonly #behaviours = new Map<string, Behaviour>();
  readonly #held = new Map<ServerResponse, string>();
  readonly #ends = new Set<() => Promise<void>>();
  /** `NAME VERSION` of every process that was started, in order. */
  readonly started: string[] = [];

  /**
   * From now on, also for what runs already: requests that hang are answered when their function behaves otherwise.
   * `version` absent: whatever version has no behaviour of its own.
   */
  behave(name: string, behaviour: Behaviour, version = ''): void {
    this.#behaviours.set(`${name} ${version}`, behaviour);
    for (const [response, title] of this.#held) this.#answer(response, title);
  }

  readonly onStart: OnStart = async ({ release, port }, process) => {
    const version = release.spec.env['VERSION'] ?? '';
    const title = `${release.function} ${version}`;
    this.started.push(title);
    process.print('stdout', `${title} starts`);
    if (this.#behaviourOf(title) === 'exits') {
      setImmediate(() => process.exit(3));
      return undefined;
    }
    if (this.#behaviourOf(title) === 'deaf') return undefined;
    const server = createServer((_request, response) => this.#answer(response, title));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(port, '127.0.0.1', resolve);
    });
    const end = async (): Promise<void> => {
      this.#ends.delete(end);
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    };
    this.#ends.add(end);
    return end;
  };

  /** Ends every process. */
  async close(): Promise<void> {
    await Promise.all([...this.#ends].map((end) => end()));
  }

  #behaviourOf(title: string): Behaviour {
    const name = title.slice(0, title.indexOf(' ') + 1);
    return this.#behaviours.get(title) ?? this.#behaviours.get(name) ?? 'well';
  }

  #answer(response: ServerResponse, title: string): void {
    const behaviour = this.#behaviourOf(title);
    if (behaviour === 'hangs') {
      this.#held.set(response, title);
      return;
    }
    this.#held.delete(response);
    response.statusCode = behaviour === 'broken' ? 500 : 200;
    response.end(title);
  }
}
