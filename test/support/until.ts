import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 50;

/**
 * Resolves with the first answer of `question` that is neither `undefined` nor `false`; rejects after `ms` with what
 * was waited for and the last answer or error.
 */
export async function until<Answer>(
  what: string,
  question: () => Promise<Answer | undefined | false> | Answer | undefined | false,
  ms = 20_000,
): Promise<Answer> {
  const deadline = performance.now() + ms;
  for (;;) {
    let last: unknown;
    try {
      const answer = await question();
      if (answer !== undefined && answer !== false) return answer;
      last = answer;
    } catch (error) {
      last = error;
    }
    if (performance.now() > deadline) throw new Error(`not within ${ms} ms: ${what}`, { cause: last });
    await delay(POLL_MS);
  }
}
