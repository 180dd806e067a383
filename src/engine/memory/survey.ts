import type { DiskUsage, ImageInfo, Selector, Traces } from '../engine.ts';
import type { Labels } from '../labels.ts';
import { matches, networkName, projectLabels } from '../labels.ts';
import type { MemoryContainer } from './container.ts';
import type { MemoryVolume } from './volumes.ts';

/** What of ours is there. */
export function tracesOf(containers: readonly MemoryContainer[], networks: Iterable<string>): Traces {
  return {
    containers: containers.map((container) => ({
      id: container.id,
      name: container.name,
      labels: container.labels,
      running: container.status.kind === 'running',
      published:
        container.status.kind === 'running' && container.portBound
          ? [{ address: '127.0.0.1', port: container.request.port }]
          : [],
      createdAt: container.createdAt,
    })),
    networks: [...networks].map((name) => {
      const users = containers.filter(({ request }) => request.project.name === name);
      const labels = projectLabels(users[0]?.request.project ?? { name, root: '' });
      return {
        name: networkName({ name, root: '' }),
        labels,
        device: `memory-${name}`,
        gateways: [],
        inUse: users.length > 0,
        createdAt: 0,
      };
    }),
    strangers: 0,
  };
}

/** How large what is selected is. Containers write nothing. */
export function usageOf(
  selector: Selector,
  images: readonly ImageInfo[],
  containers: readonly MemoryContainer[],
  volumes: readonly MemoryVolume[],
): DiskUsage {
  const selected = <T extends { readonly labels: Labels }>(things: readonly T[]): readonly T[] =>
    things.filter(({ labels }) => matches(labels, selector));
  return {
    images: Object.fromEntries(
      selected(images).map(({ id, sizeBytes }) => [id, { sizeBytes, uniqueBytes: sizeBytes }]),
    ),
    instances: Object.fromEntries(selected(containers).map(({ id }) => [id, 0])),
    volumes: Object.fromEntries(selected(volumes).map(({ name, sizeBytes }) => [name, sizeBytes])),
  };
}
