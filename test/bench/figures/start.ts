import type { ContainerCreateOptions } from 'dockerode';

import { createSlots } from '../../../src/build/slots.ts';
import type { Figure } from '../figure.ts';
import type { Bench } from '../support/bench.ts';
import { projectOfMany } from '../support/many.ts';
import { median, repeat, timed } from '../support/stats.ts';
import { docker, removeByLabel } from '../../support/local-engine.ts';
import { http } from '../../support/project-http.ts';
import type { TestProject } from '../../support/project.ts';

const FUNCTIONS = 20;
const PARALLEL = 8;
const ROUNDS = 3;
const POLL_MS = 20;
const HEALTHY_WITHIN_MS = 30_000;

/** What starting costs beside what the engine needs for the same containers. */
export const start: Figure = {
  name: 'start',
  about: `${FUNCTIONS} functions from built images, ${PARALLEL} at a time, beside the engine alone`,
  run: async (bench) => {
    const project = projectOfMany(bench, FUNCTIONS);
    await project.deploy();
    const baseline = await createBaseline(bench, project);
    await down(project);
    const rounds = await repeat(ROUNDS, async () => {
      const engine = await timed(() => baseline.start());
      await baseline.remove();
      const { durationMs } = await project.deploy();
      await down(project);
      return { engine, faaso: durationMs };
    });
    return [
      {
        name: 'faaso apply, by what the engine alone needs',
        value: median(rounds.map((r) => r.faaso / r.engine)),
        unit: '×',
        goal: 1.5,
      },
      {
        name: 'faaso apply, with the start of daemon and router',
        value: median(rounds.map((r) => r.faaso)),
        unit: 'ms',
      },
      {
        name: 'the engine alone, until each container is healthy',
        value: median(rounds.map((r) => r.engine)),
        unit: 'ms',
      },
    ];
  },
};

interface Baseline {
  readonly start: () => Promise<void>;
  readonly remove: () => Promise<void>;
}

/** The same containers as the project's, without faaso. */
async function createBaseline(bench: Bench, project: TestProject): Promise<Baseline> {
  const label = `faaso.bench=${project.name}`;
  const name = `${project.name}-alone`;
  bench.after(() => removeByLabel(label));
  await docker.createNetwork({
    Name: name,
    Driver: 'bridge',
    Options: { 'com.docker.network.bridge.enable_icc': 'false' },
    Labels: { 'faaso.bench': project.name },
  });
  const options = await Promise.all(
    (await project.containers()).map(async ({ id }): Promise<ContainerCreateOptions> => {
      const { Config, HostConfig } = await docker.getContainer(id).inspect();
      const { Image, Env, ExposedPorts, Healthcheck } = Config;
      return {
        Image,
        Env,
        ...(ExposedPorts === undefined ? {} : { ExposedPorts }),
        ...(Healthcheck === undefined ? {} : { Healthcheck }),
        Labels: { 'faaso.bench': project.name },
        HostConfig: { ...HostConfig, NetworkMode: name },
      };
    }),
  );
  const slots = createSlots(PARALLEL);
  const startOne = async (one: ContainerCreateOptions): Promise<void> => {
    const container = await docker.createContainer(one);
    await container.start();
    await healthy(portOf(one));
  };
  return {
    start: async () => void (await Promise.all(options.map((one) => slots.run(() => startOne(one))))),
    remove: async () => {
      const found = await docker.listContainers({ all: true, filters: { label: [label] } });
      await Promise.all(found.map(({ Id }) => docker.getContainer(Id).remove({ force: true, v: true })));
    },
  };
}

function portOf({ HostConfig }: ContainerCreateOptions): string {
  const bindings = (HostConfig?.PortBindings ?? {}) as Readonly<
    Record<string, readonly { readonly HostPort: string }[]>
  >;
  const [port] = Object.values(bindings).flatMap((items) => items.map((item) => item.HostPort));
  if (port === undefined) throw new Error('a container of the project publishes no port');
  return port;
}

async function healthy(port: string): Promise<void> {
  const deadline = performance.now() + HEALTHY_WITHIN_MS;
  for (;;) {
    const answer = await http(`http://127.0.0.1:${port}/_faaso/health`, { timeoutMs: 1000 }).catch(
      () => undefined,
    );
    if (answer?.status === 200) return;
    if (performance.now() > deadline) throw new Error(`nothing healthy on port ${port}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

async function down(project: TestProject): Promise<void> {
  const { code, stderr } = await project.faaso('down');
  if (code !== 0) throw new Error(`down ended with ${String(code)}: ${stderr}`);
}
