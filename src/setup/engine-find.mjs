import { homedir } from 'node:os';
import { join } from 'node:path';
import { ping } from './docker-api.mjs';
import { SetupError } from './report.mjs';

/** The socket that an engine on this machine listens on unless told otherwise. */
export const DEFAULT_SOCKET = '/var/run/docker.sock';

/**
 * Where an engine may listen, in the order in which to ask. `DOCKER_HOST` is the only candidate when it is
 * set: who names an engine does not want another one.
 * @param {NodeJS.ProcessEnv} env
 * @param {string} [home]
 * @returns {string[]}
 */
export function socketCandidates(env, home = homedir()) {
  if (env.DOCKER_HOST) {
    const match = /^unix:\/\/(\/.+)$/.exec(env.DOCKER_HOST);
    if (match) return [match[1]];
    throw new SetupError(`DOCKER_HOST is ${env.DOCKER_HOST}, which is not an engine on this machine`, {
      details: ['faaso routes to ports on loopback, so the engine has to run here.'],
      hint: ['Unset DOCKER_HOST, or set it to unix:///path/to/docker.sock'],
    });
  }
  return [
    DEFAULT_SOCKET,
    ...(env.XDG_RUNTIME_DIR ? [join(env.XDG_RUNTIME_DIR, 'docker.sock')] : []),
    join(home, '.docker/run/docker.sock'),
    join(home, '.docker/desktop/docker.sock'),
    join(home, '.orbstack/run/docker.sock'),
    join(home, '.colima/default/docker.sock'),
    join(home, '.rd/docker.sock'),
  ];
}

/**
 * The first socket at which an engine answers, with what every other one said.
 * @param {string[]} candidates
 * @returns {Promise<{ socket?: string, states: Map<string, string> }>}
 */
export async function findEngine(candidates) {
  const states = new Map();
  for (const socket of candidates) {
    const state = await ping(socket);
    states.set(socket, state);
    if (state === 'answers') return { socket, states };
  }
  return { states };
}
