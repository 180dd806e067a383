import { distance } from 'fastest-levenshtein';

/** The candidate that `word` was likely meant to be: at most a third of it differs, or one begins with the other. */
export function closest(word: string, candidates: readonly string[]): string | undefined {
  if (word.length > 63) return undefined;
  const lower = word.toLowerCase();
  let best: string | undefined;
  let bestDistance = Math.min(word.length, Math.ceil(word.length / 3) + 1);
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - word.length) > bestDistance) continue;
    const found = distance(lower, candidate.toLowerCase());
    // Of two that are as near, the plural is meant by the singular.
    if (found < bestDistance || (found === bestDistance && candidate === `${lower}s`)) {
      best = candidate;
      bestDistance = found;
    }
  }
  return best ?? candidates.find((candidate) => isBeginning(lower, candidate.toLowerCase()));
}

/** Whether one begins with the other; fewer than three letters begin too many words. */
function isBeginning(a: string, b: string): boolean {
  return Math.min(a.length, b.length) >= 3 && (a.startsWith(b) || b.startsWith(a));
}
