/**
 * A record that holds only what was put in. A name such as `constructor` is allowed for functions and variables, and
 * an ordinary object answers it with something that nobody put there.
 */
export function recordOf<Value>(entries: Iterable<readonly [string, Value]>): Record<string, Value> {
  const record = Object.create(null) as Record<string, Value>;
  for (const [key, value] of entries) record[key] = value;
  return record;
}
