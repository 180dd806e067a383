import { readFile, realpath, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { errorCode } from '../../core/errors.ts';
import { writeFileAtomic } from '../../files/atomic.ts';
import { exists } from './scaffold.ts';

const NAME = '.gitignore';
/** faaso's own folder, and where values live that belong to one machine. */
const ENTRIES = ['.faaso/', '.env'];

/**
 * Adds what must not be committed to the folder's .gitignore, where there is one or the folder lies in a repository
 * of git. What is in it stays. Returns whether anything was written.
 */
export async function ignoreOwnFiles(root: string): Promise<boolean> {
  const file = join(root, NAME);
  const before = await readFile(file, 'utf8').catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (before === undefined && !(await inRepository(root))) return false;
  const text = withEntries(before ?? '');
  if (text === before) return false;
  const real = before === undefined ? file : await realpath(file);
  const mode = before === undefined ? 0o666 & ~process.umask() : (await stat(real)).mode & 0o7777;
  await writeFileAtomic(real, text, mode);
  return true;
}

function withEntries(text: string): string {
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  const known = new Set(text.split(/\r?\n/).map(bare));
  const missing = ENTRIES.filter((entry) => !known.has(bare(entry)));
  if (missing.length === 0) return text;
  const gap = text === '' || text.endsWith('\n') ? '' : eol;
  return text + gap + missing.map((entry) => entry + eol).join('');
}

/** `/.faaso/`, `.faaso/` and `.faaso` mean the same here. */
function bare(line: string): string {
  return line.trim().replace(/^\/|\/$/g, '');
}

async function inRepository(root: string): Promise<boolean> {
  for (let folder = root; ; folder = dirname(folder)) {
    if (await exists(join(folder, '.git'))) return true;
    if (folder === dirname(folder)) return false;
  }
}
