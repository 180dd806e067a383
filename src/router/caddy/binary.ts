import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { errorCode, FaasoError } from '../../core/errors.ts';
import { isNewEnough, OLDEST, tooOld } from './version.ts';

const run = promisify(execFile);
const LINES = 3;

/** Makes sure that there is a Caddy on the PATH that is new enough; gives its version. Rejects with `router-unsupported`. */
export async function checkCaddy(binary: string): Promise<string> {
  const found = await caddyVersion(binary);
  if (!isNewEnough(found)) throw tooOld(`this Caddy is ${found}`);
  return found;
}

/** As `2.11.9`. One that was made by `go install` does not know its version, but of which modules it was made. */
async function caddyVersion(binary: string): Promise<string> {
  const said = (await ask(binary, 'version')).split(' ')[0] ?? '';
  if (/^v?\d/.test(said)) return said.replace(/^v/, '');
  const info = await ask(binary, 'build-info');
  return /github\.com\/caddyserver\/caddy\/v2[\s@]+v(\S+)/.exec(info)?.[1] ?? 'of unknown version';
}

async function ask(binary: string, command: string): Promise<string> {
  try {
    return (await run(binary, [command], { timeout: 10_000 })).stdout.trim();
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT') {
      throw new FaasoError('router-unsupported', `no program "${binary}" is on the PATH`, {
        cause,
        hint: `install Caddy ${OLDEST} or later (https://caddyserver.com/docs/install), or set router.kind to builtin`,
      });
    }
    throw new FaasoError('router-unsupported', `"${binary} ${command}" failed`, {
      cause,
      details: wordsOf(cause),
      hint: `try it: ${binary} ${command}`,
    });
  }
}

/** The last lines of what a program that failed wrote as errors. */
function wordsOf(cause: unknown): readonly string[] {
  const { stderr } = cause as { readonly stderr?: unknown };
  return typeof stderr === 'string' ? stderr.trim().split('\n').slice(-LINES).filter(Boolean) : [];
}
