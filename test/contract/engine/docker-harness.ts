import Docker from 'dockerode';

import { instanceId } from '../../../src/core/names.ts';
import { createDockerEngine } from '../../../src/engine/docker/docker.ts';
import { LABELS } from '../../../src/engine/labels.ts';
import { addUser, importEmptyImage, importTestImage, removeTestImage } from '../../support/engine-image.ts';
import { startSocketProxy } from '../../support/socket-proxy.ts';
import { sweepAll } from './contract.ts';
import type { Harness } from './harness.ts';
import { testProjects } from './harness.ts';

export const SOCKET = (process.env['DOCKER_HOST'] ?? 'unix:///var/run/docker.sock').replace('unix://', '');

export interface DockerHarness extends Harness {
  /** Straight to the engine, past the adapter. */
  readonly docker: Docker;
  /** The test image with another user: its name, number or both with a group. Knows `ada`, 4711. */
  withUser(user: string): Promise<string>;
}

/** The Docker engine of this machine, reached through a socket that can be cut. */
export async function openDockerHarness(): Promise<DockerHarness> {
  const docker = new Docker({ socketPath: SOCKET });
  const image = await importTestImage(docker);
  const proxy = await startSocketProxy(SOCKET);
  const engine = createDockerEngine({ socketPath: proxy.path, env: {} });
  const projects = testProjects();
  const images: string[] = [];
  const foreign: string[] = [];
  const volumes: string[] = [];
  const networks: string[] = [];
  let connected = true;
  return {
    docker,
    engine,
    image,
    ...projects,
    async withUser(user) {
      const reference = `${projects.project.name}/user:${user.replace(':', '-')}`;
      if (images.includes(reference)) return reference;
      images.push(reference);
      await addUser(docker, image, user, reference);
      return reference;
    },
    pause: async (id) => void (await docker.getContainer(id).pause()),
    removeByHand: async (id) => void (await docker.getContainer(id).remove({ force: true, v: true })),
    async startForeign() {
      const container = await docker.createContainer({
        Image: image,
        Env: ['PORT=3000'],
        Labels: { 'faaso.test': '1' },
      });
      foreign.push(container.id);
      await container.start();
      return {
        id: instanceId(container.id),
        isRunning: async () => (await container.inspect()).State.Running,
      };
    },
    async addImage(reference, labels) {
      images.push(reference);
      await importEmptyImage(docker, reference, labels);
    },
    async addVolume(name, labels) {
      volumes.push(name);
      await docker.createVolume({ Name: name, Labels: { ...labels } });
    },
    hasVolume: async (name) =>
      docker
        .getVolume(name)
        .inspect()
        .then(
          () => true,
          () => false,
        ),
    removeVolumeByHand: async (name) => void (await docker.getVolume(name).remove()),
    async addNetwork(name) {
      networks.push((await docker.createNetwork({ Name: name, Labels: { 'faaso.test': '1' } })).id);
    },
    removeNetworkByHand: async (name) => void (await docker.getNetwork(name).remove()),
    async countNetworks(project) {
      const label = [`${LABELS.project}=${project.name}`];
      return (await docker.listNetworks({ filters: { label } })).length;
    },
    async disconnect() {
      connected = false;
      await proxy.cut();
    },
    async connect() {
      if (!connected) await proxy.mend();
      connected = true;
    },
    async close() {
      for (const id of foreign) await docker.getContainer(id).remove({ force: true, v: true });
      await sweepAll({ engine, ...projects });
      for (const id of networks)
        await docker
          .getNetwork(id)
          .remove()
          .catch(() => undefined);
      for (const name of volumes)
        await docker
          .getVolume(name)
          .remove()
          .catch(() => undefined);
      engine.close();
      await proxy.close();
      // Children first: an image that others are made from only loses its tag.
      for (const reference of [...images, image])
        await removeTestImage(docker, reference).catch(() => undefined);
    },
  };
}
