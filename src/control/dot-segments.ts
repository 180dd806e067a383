/**
 * What clients make of a path with `.` and `..` in it: most resolve them before they send (WHATWG URL), so that the
 * router never sees what was typed. Nothing to say where they leave the path as it is.
 */
export function dotSegments(path: string): readonly string[] {
  const parts = path.split('/');
  const isDotted = parts.some((part) => /^(?:\.|%2e){1,2}$/i.test(part));
  if (!isDotted) return [];
  // curl resolves only what is written with dots.
  const isPlain = parts.some((part) => part === '.' || part === '..');
  const { pathname } = new URL(`http://localhost${path}`);
  const who = isPlain ? 'browsers and curl' : 'browsers';
  return [
    `this is the path as it stands; ${who} send ${pathname} instead${isPlain ? ' (curl --path-as-is sends it as it stands)' : ''}`,
  ];
}
