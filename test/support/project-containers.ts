import { docker } from './local-engine.ts';

/** Who is in a container and since when: equal as long as nobody restarted it. */
export interface ContainerState {
  readonly id: string;
  readonly function: string;
  readonly startedAt: string;
  readonly running: boolean;
}

/** Containers of the project in that folder, in any state, by function. */
export async function containersOf(root: string): Promise<readonly ContainerState[]> {
  const found = await docker.listContainers({ all: true, filters: { label: [`faaso.root=${root}`] } });
  const states = await Promise.all(
    found.map(async ({ Id, Labels }): Promise<ContainerState | undefined> => {
      // One that is just being removed is as good as gone.
      const info = await docker
        .getContainer(Id)
        .inspect()
        .catch(() => undefined);
      if (info === undefined) return undefined;
      const { StartedAt, Running } = info.State;
      return { id: Id, function: Labels['faaso.function'] ?? '', startedAt: StartedAt, running: Running };
    }),
  );
  return states
    .filter((state) => state !== undefined)
    .sort((a, b) => `${a.function} ${a.id}`.localeCompare(`${b.function} ${b.id}`));
}
