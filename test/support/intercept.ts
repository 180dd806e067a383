/** Puts what `make` gives in place of a method. Returns how to put the method back. */
export function intercept<Target extends object, Key extends keyof Target>(
  target: Target,
  key: Key,
  make: (original: Target[Key]) => Target[Key],
): () => void {
  const original = target[key];
  const bound: unknown = typeof original === 'function' ? original.bind(target) : original;
  target[key] = make(bound as Target[Key]);
  return () => {
    target[key] = original;
  };
}
