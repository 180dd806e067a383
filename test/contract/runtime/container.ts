import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';

import Docker from 'dockerode';

import type { FunctionName, Revision } from '../../../src/core/names.ts';
import { createOptions } from '../../../src/engine/docker/profile.ts';
import type { Image } from './image.ts';
import { TEST_LABEL } from './image.ts';
import { DEFAULT_SPEC } from './spec.ts';

const docker = new Docker();

/** `instance`: as the engine starts it, hardened and with an init. `plain`: as `docker run -p 3000 IMAGE` does. */
export type Profile = 'instance' | 'plain';

export interface Running {
  readonly origin: string;
  /** Milliseconds of processor time that it has used so far. */
  readonly cpuMs: () => Promise<number>;
  /** Whether it answers its health path. */
  readonly serves: () => Promise<boolean>;
  /** What it has written to stderr so far. */
  readonly stderr: () => Promise<string>;
  readonly kill: (signal: 'SIGTERM') => Promise<void>;
  /** Resolves with the exit code once it has ended. */
  readonly exit: () => Promise<number>;
  /** Resolves once Docker calls it healthy; rejects when it ends or is called unhealthy. */
  readonly healthy: () => Promise<void>;
}

/** The containers of one test file; files run at the same time and must not remove each other's. */
export interface Containers {
  /** Starts one with a port on loopback. */
  readonly start: (image: Image, profile: Profile) => Promise<Running>;
  /** Removes all of this file, also those of a run that was interrupted. */
  readonly remove: () => Promise<void>;
}

export function containersOf(file: string): Containers {
  const suite = `runtime-contract/${file}`;
  return {
    async start({ tag }, profile) {
      const container = await docker.createContainer({
        ...(profile === 'instance' ? hardened(tag) : PLAIN),
        Image: tag,
        Labels: { [TEST_LABEL]: '1', 'faaso.test.suite': suite },
      });
      return run(container);
    },
    async remove() {
      const filters = { label: [`faaso.test.suite=${suite}`] };
      const left = await docker.listContainers({ all: true, filters });
      await Promise.all(left.map(({ Id }) => removeContainer(Id)));
    },
  };
}

async function run(container: Docker.Container): Promise<Running> {
  await container.start();
  const { NetworkSettings } = await container.inspect();
  const origin = `http://127.0.0.1:${NetworkSettings.Ports['3000/tcp']?.[0]?.HostPort ?? '0'}`;
  return {
    origin,
    cpuMs: () => cpuMsOf(container),
    serves: () => answers(`${origin}/_faaso/health`),
    stderr: () => stderrOf(container),
    kill: async (signal) => void (await container.kill({ signal })),
    exit: async () => ((await container.wait()) as { StatusCode: number }).StatusCode,
    healthy: () => untilHealthy(container),
  };
}

const PUBLISHED = { '3000/tcp': [{ HostIp: '127.0.0.1', HostPort: '' }] };
// The image's own check, asked more often so that the test need not wait.
const PLAIN = {
  HostConfig: { PortBindings: PUBLISHED },
  Healthcheck: { Test: [], Interval: 300e6, Timeout: 3e9, Retries: 10, StartPeriod: 0 },
};

/** The engine's own profile; only the network is Docker's default and the port is Docker's choice. */
function hardened(image: string): Docker.ContainerCreateOptions {
  const release = {
    number: 1,
    function: 'fixture' as FunctionName,
    revision: '0123456789abcdef' as Revision,
    image,
    spec: DEFAULT_SPEC,
    specHash: '',
    routes: [],
  };
  const options = createOptions({
    project: { name: 'runtime-contract', root: '/' },
    release,
    port: 0,
    attempt: 0,
  });
  const { NetworkMode: _project, ...hostConfig } = options.HostConfig ?? {};
  return { ...options, HostConfig: { ...hostConfig, PortBindings: PUBLISHED } };
}

/** That it is gone, or going, is all that matters. */
async function removeContainer(id: string): Promise<void> {
  try {
    await docker.getContainer(id).remove({ force: true, v: true });
  } catch (error) {
    const { statusCode } = error as { readonly statusCode?: number };
    if (statusCode !== 404 && statusCode !== 409) throw error;
  }
}

async function cpuMsOf(container: Docker.Container): Promise<number> {
  const stats = await container.stats({ stream: false, 'one-shot': true });
  return stats.cpu_stats.cpu_usage.total_usage / 1e6;
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false; // it does not listen yet
  }
}

async function stderrOf(container: Docker.Container): Promise<string> {
  const raw = await container.logs({ follow: false, stdout: false, stderr: true });
  const stderr = new PassThrough();
  const source = new PassThrough();
  container.modem.demuxStream(source, new PassThrough().resume(), stderr);
  source.on('end', () => stderr.end()).end(raw);
  return text(stderr);
}

async function untilHealthy(container: Docker.Container): Promise<void> {
  const events = (await docker.getEvents({
    filters: { container: [container.id], event: ['health_status', 'die'] },
  })) as NodeJS.ReadableStream & { destroy(): void };
  try {
    for (;;) {
      const { State } = await container.inspect();
      if (State.Health?.Status === 'healthy') return;
      if (!State.Running || State.Health?.Status === 'unhealthy') {
        throw new Error(`the container is ${State.Health?.Status ?? State.Status}`);
      }
      await once(events, 'data');
    }
  } finally {
    events.destroy();
  }
}
