import type { Readable } from 'node:stream';

import { jsonLines } from '../json-lines.ts';
import { decodeStatus } from './messages.ts';
import type { Progress } from './progress.ts';

/** How the engine's answer to a build ended. */
export type BuildAnswer =
  | { readonly kind: 'image'; readonly id: string }
  | { readonly kind: 'error'; readonly message: string }
  /** The stream ended, or broke, without either. */
  | { readonly kind: 'cut'; readonly cause?: unknown };

/**
 * Reads the answer to its end, one JSON value a line. The engine answers 200 before it builds: whether the build
 * failed is said by a line in the stream.
 */
export async function readAnswer(response: Readable, progress: Progress): Promise<BuildAnswer> {
  let answer: BuildAnswer = { kind: 'cut' };
  try {
    for await (const { id, aux, error } of jsonLines(response)) {
      if (typeof error === 'string') answer = { kind: 'error', message: error };
      else if (id === 'moby.buildkit.trace' && typeof aux === 'string') {
        progress.add(decodeStatus(Buffer.from(aux, 'base64')));
      } else if (id === 'moby.image.id') answer = { kind: 'image', id: imageId(aux) };
    }
  } catch (cause) {
    if (answer.kind === 'cut') answer = { kind: 'cut', cause };
  }
  progress.end();
  return answer;
}

function imageId(aux: unknown): string {
  return typeof aux === 'object' && aux !== null && 'ID' in aux ? String(aux.ID) : '';
}
