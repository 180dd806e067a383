import { StringDecoder } from 'node:string_decoder';

import { cleanLine } from './clean-line.ts';
import type { BuildStatus, Vertex } from './messages.ts';

/** How many of a failing step's last lines an error shows. */
const KEPT_LINES = 20;

/** A step that failed, with what it wrote last. */
export interface FailedStep {
  /** As in the Dockerfile: `[build 3/5] RUN pip install …`. */
  readonly name: string;
  /** The engine's own words. */
  readonly error: string;
  readonly lines: readonly string[];
}

interface StepState {
  readonly name: string;
  announced: boolean;
  cached: boolean;
  error: string;
  /** Of its own, because a message may end within a character. */
  readonly decoder: StringDecoder;
  /** A line that has no end yet. */
  partial: string;
  readonly lines: string[];
}

/** Turns BuildKit's status messages into plain lines, and remembers what failed. */
export class Progress {
  readonly #steps = new Map<string, StepState>();
  readonly #onLine: (line: string) => void;

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  /** Takes one message in. */
  add({ vertexes, logs }: BuildStatus): void {
    for (const vertex of vertexes) this.#addVertex(vertex);
    for (const log of logs) {
      const step = this.#steps.get(log.vertex);
      if (step !== undefined) this.#addLog(step, step.decoder.write(Buffer.from(log.msg)));
    }
  }

  /** Hands out lines that never got an end. Called once, when the stream is over. */
  end(): void {
    for (const step of this.#steps.values()) {
      if (step.partial !== '') this.#addLog(step, '\n');
    }
  }

  /** Whether every instruction of the Dockerfile came from the cache. */
  get cached(): boolean {
    return [...this.#steps.values()].every(
      (step) => step.cached || !isInstruction(step.name) || / FROM /.test(step.name),
    );
  }

  /** The step that made the build fail; steps that were only stopped because of it do not count. */
  get failed(): FailedStep | undefined {
    const failing = [...this.#steps.values()].find(
      (step) => step.error !== '' && !/context canceled/.test(step.error),
    );
    return failing === undefined
      ? undefined
      : { name: failing.name, error: failing.error, lines: failing.lines };
  }

  #addVertex(vertex: Vertex): void {
    const step = this.#steps.get(vertex.digest) ?? newStep(vertex.name);
    this.#steps.set(vertex.digest, step);
    if (vertex.started && !step.announced && isInstruction(step.name)) {
      step.announced = true;
      this.#onLine(vertex.cached ? `${step.name} CACHED` : step.name);
    }
    step.cached ||= vertex.cached;
    step.error = vertex.error;
  }

  #addLog(step: StepState, text: string): void {
    const lines = (step.partial + text).split('\n');
    step.partial = lines.pop() ?? '';
    for (const line of lines) {
      const clean = cleanLine(line);
      step.lines.push(clean);
      if (step.lines.length > KEPT_LINES) step.lines.shift();
      this.#onLine(clean);
    }
  }
}

function newStep(name: string): StepState {
  return {
    name: name
      .replace(/ --mount=\S+/g, '')
      .replace(/\s+/g, ' ')
      .trim(),
    announced: false,
    cached: false,
    error: '',
    decoder: new StringDecoder('utf8'),
    partial: '',
    lines: [],
  };
}

/** Steps of the Dockerfile are called `[2/5] …` or `[stage 2/5] …`; the others are BuildKit's own. */
function isInstruction(name: string): boolean {
  return /^\[(?:\S+ )?\d+\/\d+\] /.test(name);
}
