/** Imports the user's handler; a failure is shown as the user's own stack trace. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { userTrace } from './problems.mjs';

const FILES = ['handler.mjs', 'handler.js', 'handler.cjs'];

/** The handler's file name and what it exports; ends the process when it cannot be imported. */
export async function loadHandler(folder) {
  const file = FILES.find((name) => existsSync(join(folder, name)));
  if (!file) refuse(`there is no ${FILES.join(', ')}`);
  try {
    return { file, exports: await import(pathToFileURL(join(folder, file)).href) };
  } catch (error) {
    // Node alone knows the source line of a syntax error, and shows it when the process dies of it.
    if (error instanceof SyntaxError) throw error;
    process.stderr.write(`${userTrace(error)}\n`);
    process.exit(1);
  }
}

/** Ends the process because the handler cannot be served as it is. */
export function refuse(message) {
  process.stderr.write(`faaso: ${message}\n`);
  process.exit(1);
}
