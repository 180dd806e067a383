/** What else than faaso is printed to be typed. */
import { word } from '../../core/command.ts';

/** A command line of a program and its arguments. */
export function line(program: string, ...args: readonly string[]): string {
  return [program, ...args].map(word).join(' ');
}

/** How a user types what only root may do: nothing before it for root. */
export function sudo(uid: number, command: string): string {
  return uid === 0 ? command : `sudo ${command}`;
}

/** Writes text to a file of root's. */
export function writeFile(uid: number, path: string, text: string): string {
  const lines = text.replace(/\n$/, '').split('\n').map(word).join(' ');
  return uid === 0
    ? `printf '%s\\n' ${lines} > ${word(path)}`
    : `printf '%s\\n' ${lines} | sudo tee ${word(path)} > /dev/null`;
}
