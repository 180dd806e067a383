import { join } from 'node:path';

import { FaasoError } from '../../core/errors.ts';

export interface SocketOptions {
  /** Overrides everything in `env`. */
  readonly socketPath?: string;
  /** `DOCKER_HOST`, `XDG_RUNTIME_DIR` and `HOME` are read, and `DOCKER_CONFIG` for logins of registries. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

const DEFAULT_SOCKET = '/var/run/docker.sock';

/**
 * The sockets that an engine may listen on, best first: what was asked for, else that of the system, of a rootless
 * engine and of Docker Desktop. Throws `engine-unsupported` for anything but a unix socket in `DOCKER_HOST`.
 */
export function socketCandidates({ socketPath, env }: SocketOptions): readonly string[] {
  if (socketPath !== undefined) return [socketPath];
  const host = env['DOCKER_HOST'];
  if (host !== undefined && host !== '') return [socketOfHost(host)];
  const runtimeDir = env['XDG_RUNTIME_DIR'];
  const home = env['HOME'];
  return [
    DEFAULT_SOCKET,
    ...(runtimeDir === undefined || runtimeDir === '' ? [] : [join(runtimeDir, 'docker.sock')]),
    ...(home === undefined || home === '' ? [] : [join(home, '.docker', 'run', 'docker.sock')]),
  ];
}

function socketOfHost(host: string): string {
  if (!host.startsWith('unix://')) {
    throw new FaasoError(
      'engine-unsupported',
      `the engine at DOCKER_HOST=${host} is refused: it is not a unix socket`,
      {
        details: [
          'ports of instances are dialled on the loopback address of this host, so a remote engine cannot serve',
        ],
        hint: 'unset DOCKER_HOST to use the engine of this host, or set it to unix:///path/of/docker.sock',
      },
    );
  }
  const path = host.slice('unix://'.length);
  return path === '' ? DEFAULT_SOCKET : path;
}
