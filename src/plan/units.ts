/** Sizes and times as one would write them in `functions.yml`. */

/** Of bytes: `64k`, `256m`. */
export function formatSize(bytes: number): string {
  const units = ['g', 'm', 'k'] as const;
  for (const [index, unit] of units.entries()) {
    const factor = 1024 ** (units.length - index);
    if (bytes >= factor && bytes % factor === 0) return `${bytes / factor}${unit}`;
  }
  return String(bytes);
}

/** Of milliseconds: `500ms`, `30s`. */
export function formatDuration(ms: number): string {
  return ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`;
}
