import Dockerode from 'dockerode';
import { onTestFinished } from 'vitest';

import type { Engine } from '../../src/engine/engine.ts';
import { createDockerEngine } from '../../src/engine/docker/docker.ts';
import { LABELS } from '../../src/engine/labels.ts';
import type { Fixture, FixtureOptions } from './build-fixture.ts';
import { buildFixture } from './build-fixture.ts';

/** A real engine that counts its builds. */
export interface CountingEngine extends Engine {
  /** Builds begun so far. */
  readonly builds: () => number;
  /** Builds under way now. */
  readonly active: () => number;
  /** Most builds that were under way at one time. */
  readonly most: () => number;
}

/** The engine of this machine; closed with the test. */
export function realEngine(): CountingEngine {
  const engine = createDockerEngine({ env: process.env });
  onTestFinished(() => engine.close());
  let builds = 0;
  let active = 0;
  let most = 0;
  return {
    ...engine,
    builds: () => builds,
    active: () => active,
    most: () => most,
    build: async (...args) => {
      builds += 1;
      active += 1;
      most = Math.max(most, active);
      try {
        return await engine.build(...args);
      } finally {
        active -= 1;
      }
    },
  };
}

/** A fixture whose images are removed with the test. */
export async function builtFixture(options: FixtureOptions = {}): Promise<Fixture> {
  const fixture = await buildFixture(options);
  onTestFinished(() => removeImages(fixture.project.name));
  return fixture;
}

/** Ids of all images with the project's label, tagged or not. */
export async function imagesOf(project: string): Promise<readonly string[]> {
  const filters = { label: [`${LABELS.project}=${project}`] };
  return (await new Dockerode().listImages({ filters })).map((image) => image.Id);
}

/** Removes all images with the project’s label. */
export async function removeImages(project: string): Promise<void> {
  for (const id of await imagesOf(project)) await new Dockerode().getImage(id).remove({ force: true });
}

/** Runs a command in a fresh container of the image; what it wrote. Throws when it does not exit with 0. */
export async function runImage(image: string, command: readonly string[] = []): Promise<string> {
  const docker = new Dockerode();
  const container = await docker.createContainer({
    Image: image,
    Tty: true,
    Labels: { 'faaso.test': '1' },
    ...(command.length === 0 ? {} : { Cmd: [...command] }),
  });
  try {
    await container.start();
    const { StatusCode: code } = (await container.wait()) as { StatusCode: number };
    const output = String(await container.logs({ stdout: true, stderr: true, follow: false })).replaceAll(
      '\r\n',
      '\n',
    );
    if (code !== 0) throw new Error(`${command.join(' ')} exited with ${code}: ${output}`);
    return output;
  } finally {
    await container.remove({ force: true, v: true });
  }
}
