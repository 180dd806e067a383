/** Flat pairs (name, value, name, value …) as pairs. */
export function pairs(flat: readonly string[]): [string, string][] {
  const result: [string, string][] = [];
  for (let i = 0; i + 1 < flat.length; i += 2) result.push([flat[i] ?? '', flat[i + 1] ?? '']);
  return result;
}

/** Flat pairs as lines of a head. */
export function headLines(flat: readonly string[]): string {
  let text = '';
  for (let i = 0; i + 1 < flat.length; i += 2) text += `${flat[i] ?? ''}: ${flat[i + 1] ?? ''}\r\n`;
  return text;
}
