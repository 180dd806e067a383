import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { Skipped } from '../figure.ts';
import type { Bench } from './bench.ts';
import { freePort } from '../../support/ports.ts';
import { startPeer } from './peer.ts';
import type { Peer } from './peer.ts';

const run = promisify(execFile);

/** An nginx that passes everything on to a port of this machine. Throws {@link Skipped} where there is none. */
export async function startNginx(bench: Bench, upstream: number): Promise<Peer> {
  const program = await nginxProgram();
  const folder = mkdtempSync(join(tmpdir(), 'faaso-bench-'));
  bench.after(async () => rmSync(folder, { recursive: true, force: true }));
  const port = await freePort();
  const config = join(folder, 'nginx.conf');
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  writeFileSync(
    config,
    `daemon off; master_process off; worker_processes 1; pid ${folder}/pid; error_log ${folder}/error.log;
events { worker_connections 4096; }
http {
  access_log off;
  ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')}
  upstream function { server 127.0.0.1:${upstream}; keepalive 512; keepalive_requests 1000000; }
  server {
    listen 127.0.0.1:${port};
    keepalive_requests 1000000;
    location / {
      proxy_pass http://function;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Request-Id $request_id;
    }
  }
}
`,
  );
  return await startPeer(bench, port, program, ['-p', folder, '-c', config]);
}

/** Debian's, unpacked into the user's cache: nothing is installed and nothing started. */
async function nginxProgram(): Promise<string> {
  if (existsSync('/usr/sbin/nginx')) return '/usr/sbin/nginx';
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  const folder = join(cache, 'faaso', 'nginx');
  const program = join(folder, 'usr/sbin/nginx');
  if (existsSync(program)) return program;
  mkdirSync(folder, { recursive: true });
  try {
    await run('apt-get', ['download', '-q', 'nginx'], { cwd: folder });
    const [archive = ''] = readdirSync(folder).filter((name) => name.endsWith('.deb'));
    await run('dpkg', ['-x', join(folder, archive), folder]);
    rmSync(join(folder, archive));
  } catch (error) {
    throw new Skipped(`there is no nginx, and Debian's cannot be had: ${String(error)}`);
  }
  return program;
}
