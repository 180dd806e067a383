import type { ContainerSpec } from '../core/specs.ts';
import { explainFailure, httpCall } from './http-call.ts';

/** The outcome of one health probe. */
export interface ProbeResult {
  readonly healthy: boolean;
  /** The answer in words: `200`, `answered 500`, `port 3000 of the container takes no connection`. */
  readonly detail: string;
  readonly durationMs: number;
}

/** Asks an instance once whether it is healthy. Never rejects, except when `signal` aborts. */
export async function probe(spec: ContainerSpec, port: number, signal?: AbortSignal): Promise<ProbeResult> {
  const { path, expect, timeoutMs } = spec.health;
  const began = performance.now();
  const result = (healthy: boolean, detail: string): ProbeResult => ({
    healthy,
    detail,
    durationMs: performance.now() - began,
  });
  try {
    const answer = await httpCall({
      port,
      method: 'GET',
      path,
      headers: { 'user-agent': 'faaso-probe' },
      timeoutMs,
      // The head decides: a page that is long or never ends is an answer like any other.
      bodyLimit: 0,
      ...(signal === undefined ? {} : { signal }),
    });
    const ok = expect === 'any' || (answer.status >= 200 && answer.status < 300);
    return result(ok, ok ? String(answer.status) : `GET ${path} answered ${answer.status}`);
  } catch (error) {
    signal?.throwIfAborted();
    return result(false, `GET ${path}: ${explainFailure(error, spec.health, spec.port)}`);
  }
}
