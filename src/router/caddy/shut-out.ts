import { FaasoError } from '../../core/errors.ts';

/** A path in Caddy's words, which starts with a directory that was open when it was started. */
const CLOSED =
  /(?:open|mkdir|stat|lstat|rename|remove|unlink) (?:\/proc\/self\/fd\/\d\/)?(\S+): permission denied/i;

/** Of what Caddy says when it may not open a file of its own; `undefined`: it is about something else, as a port. */
export function shutOut(words: string, cause: unknown): FaasoError | undefined {
  const path = CLOSED.exec(words)?.[1];
  if (path === undefined) return undefined;
  return new FaasoError(
    'router-refused',
    `Caddy may not open its own ${path} (permission denied); the last configuration stays`,
    {
      cause,
      details: [words],
      hint: 'see with faaso doctor whose it has to be',
    },
  );
}
