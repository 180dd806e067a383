import type { Clock } from '../../core/clock.ts';
import { systemClock } from '../../core/clock.ts';
import type { Engine } from '../engine.ts';
import { connect } from './connection.ts';
import { createDataVolumes } from './data-volumes.ts';
import { diskUsage } from './disk.ts';
import { readEvents } from './events.ts';
import { execInInstance } from './exec.ts';
import { findImage, listImages, removeImage } from './images.ts';
import { engineInfo } from './info.ts';
import { findInstance, listIdentities, listInstances } from './instances.ts';
import { readLogs } from './logs.ts';
import { createNetworks } from './network.ts';
import { pullImage } from './pull.ts';
import type { SocketOptions } from './socket.ts';
import { startInstance, startInstanceAgain } from './start.ts';
import { removeInstance } from './remove.ts';
import { stopInstance } from './stop.ts';
import { findTraces } from './traces.ts';
import { listVolumes, removeVolume } from './volumes.ts';

export interface DockerEngineOptions extends SocketOptions {
  readonly clock?: Clock;
}

/** A Docker engine on this host (20.10 or later). Connects at the first call. */
export function createDockerEngine(options: DockerEngineOptions): Engine {
  const clock = options.clock ?? systemClock;
  const connection = connect(options, clock);
  const networks = createNetworks(connection);
  const parts = { connection, clock, networks, volumes: createDataVolumes(connection, clock) };
  return {
    kind: 'docker',
    info: () => engineInfo(connection),
    image: (reference) => findImage(connection, reference),
    images: (selector) => listImages(connection, selector),
    pull: (reference, signal) => pullImage(connection, clock, options.env, reference, signal),
    async build(request, onLine, signal) {
      const docker = await connection.unlimited();
      // gRPC is needed for builds alone and takes long to load.
      const { buildImage } = await import('./build/build-image.ts');
      return buildImage(docker, request, onLine, signal);
    },
    removeImage: (reference) => removeImage(connection, reference),
    instances: (selector) => listInstances(connection, selector),
    instance: (id) => findInstance(connection, id),
    identities: (selector) => listIdentities(connection, selector),
    start: (request) => startInstance(parts, request),
    startAgain: (id) => startInstanceAgain(parts, id),
    stop: (id, graceMs) => stopInstance(connection, id, graceMs),
    remove: (id) => removeInstance(connection, id),
    logs: (id, logOptions, signal) => readLogs(connection, id, logOptions, signal),
    events: (signal) => readEvents(connection, clock, signal),
    traces: () => findTraces(connection),
    exec: (id, request) => execInInstance(connection, clock, id, request),
    volumes: (selector) => listVolumes(connection, selector),
    removeVolume: (name) => removeVolume(connection, name),
    diskUsage: (selector) => diskUsage(connection, selector),
    removeNetwork: (project) => networks.remove(project),
    close: () => connection.close(),
  };
}
