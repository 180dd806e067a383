import Docker from 'dockerode';

/** The socket of the engine that the tests use. */
export const ENGINE_SOCKET = (process.env['DOCKER_HOST'] ?? 'unix:///var/run/docker.sock').replace(
  'unix://',
  '',
);
/** Straight to the engine, past faaso. */
export const docker = new Docker({ socketPath: ENGINE_SOCKET });

/** Removes containers, images, networks and volumes that carry the label. */
export async function removeByLabel(label: string): Promise<void> {
  const filters = { label: [label] };
  for (const { Id } of await docker.listContainers({ all: true, filters })) {
    await docker.getContainer(Id).remove({ force: true, v: true }).catch(ignoreGone);
  }
  for (const { Id } of await docker.listImages({ filters })) {
    await docker.getImage(Id).remove({ force: true }).catch(ignoreGone);
  }
  for (const { Id } of await docker.listNetworks({ filters })) {
    await docker.getNetwork(Id).remove().catch(ignoreGone);
  }
  const { Volumes: volumes } = await docker.listVolumes({ filters });
  for (const { Name } of (volumes as typeof volumes | null) ?? []) {
    await docker.getVolume(Name).remove().catch(ignoreGone);
  }
}

function ignoreGone(error: unknown): void {
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined;
  if (status !== 404 && status !== 409) throw error;
}
