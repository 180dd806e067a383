/** What to do about a program that did not start as it should, from what can be seen of it. Pure. */
import { isLoopback } from '../core/listening.ts';
import type { ListeningSocket } from '../core/listening.ts';

/** What shows in the log of a program that lacks a module, and what names the module there. */
const MISSING = [
  { pattern: /\bModuleNotFoundError: No module named '([^']+)'/, file: 'requirements.txt' },
  { pattern: /\bCannot find (?:package|module) '([^']+)'/, file: 'package.json' },
] as const;

/** What to do about a program that ended by itself. `lines`: the last of its log; `port`: where it has to listen. */
export function exitHint(exitCode: number, lines: readonly string[], port: number): string {
  const mustListen = `a function must keep running and listen on $PORT (${port})`;
  if (lines.every((line) => line.trim() === '')) return `it wrote nothing; ${mustListen}`;
  const missing = missingModule(lines);
  if (missing !== undefined) return missing;
  if (exitCode === 0) return `it ended by itself, without an error: ${mustListen}`;
  return 'it ended before it was ready; the lines above are the last that it wrote: mend what they say, then apply again';
}

function missingModule(lines: readonly string[]): string | undefined {
  const text = lines.join('\n');
  for (const { pattern, file } of MISSING) {
    const name = pattern.exec(text)?.[1];
    if (name === undefined) continue;
    // Node names a file by its path; a package never begins so.
    return /^[./]|^file:/.test(name)
      ? `${name} is not in the image: is it in the function's folder, and named as it is there?`
      : `${name} is not in the image: a package is named in ${file}, and a file of your own lies, in the function's folder`;
  }
  return undefined;
}

const SLOW = 'one that starts slowly needs health.start_period';

/**
 * What to do about a program that runs and is not healthy. `sockets`: what listens inside its container, `undefined`
 * where that could not be seen; `port`: where it has to listen.
 */
export function unhealthyHint(sockets: readonly ListeningSocket[] | undefined, port: number): string {
  if (sockets === undefined) {
    return `a function must listen on $PORT (${port}); ${SLOW}, one with a health path of its own health.path`;
  }
  const here = sockets.filter((socket) => socket.port === port);
  if (here.some(({ address }) => !isLoopback(address))) {
    return `it listens on $PORT (${port}) as it must; ${SLOW}, one with a health path of its own health.path`;
  }
  if (here.length > 0) {
    return `it listens on ${port} at ${here.map(({ address }) => address).join(' and ')} only, where nothing outside its container reaches it: listen on 0.0.0.0`;
  }
  const ports = [...new Set(sockets.map((socket) => socket.port))].sort((a, b) => a - b);
  if (ports.length === 0) return `it listens on no port: a function must listen on $PORT (${port}); ${SLOW}`;
  return `it listens on ${ports.join(' and ')}: listen on $PORT (${port}), or, where it is an image, name its port with "port:" in functions.yml`;
}
