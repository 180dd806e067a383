import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { checkCaddy } from '../../src/router/caddy/binary.ts';

const run = promisify(execFile);
const SOURCE = fileURLToPath(new URL('http3-client', import.meta.url));

export interface Http3Client {
  /** Protocol, status and body, as `HTTP/3.0 200 text`. Rejects with what the client says. */
  get(address: string, serverName: string, rootFile: string, path: string): Promise<string>;
  remove(): void;
}

/**
 * A client of HTTP/3, which neither Node nor most builds of curl have: made by Go of the modules that Caddy was built of,
 * without a download. Rejects where they are not on this machine.
 */
export async function buildHttp3Client(): Promise<Http3Client> {
  const version = await checkCaddy('caddy');
  const modules = (await run('go', ['env', 'GOMODCACHE'])).stdout.trim();
  const caddy = join(modules, 'github.com/caddyserver/caddy', `v2@v${version}`);
  const folder = mkdtempSync(join(tmpdir(), 't-http3-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    cpSync(SOURCE, folder, { recursive: true });
    const mod = readFileSync(join(caddy, 'go.mod'), 'utf8').replace(/^module .*$/m, 'module http3-client');
    writeFileSync(join(folder, 'go.mod'), mod);
    writeFileSync(join(folder, 'go.sum'), readFileSync(join(caddy, 'go.sum')));
    await run('go', ['build', '-o', 'client', '.'], {
      cwd: folder,
      env: { ...process.env, GOFLAGS: '-mod=mod', GOPROXY: 'off', GOSUMDB: 'off', GOTOOLCHAIN: 'local' },
    });
  } catch (error) {
    remove();
    throw error;
  }
  return {
    get: async (...args) => (await run(join(folder, 'client'), args, { timeout: 20_000 })).stdout,
    remove,
  };
}
