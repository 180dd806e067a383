import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createDockerEngine } from '../../../src/engine/docker/docker.ts';
import type { Engine } from '../../../src/engine/engine.ts';
import { docker } from '../../support/local-engine.ts';
import { startRegistry } from '../../support/registry.ts';
import { tempFolder } from '../../support/temp-folder.ts';
import { SOCKET } from './docker-harness.ts';

describe('a registry that wants a login', () => {
  let registry: Awaited<ReturnType<typeof startRegistry>>;
  beforeAll(async () => {
    registry = await startRegistry();
  });
  afterAll(() => registry?.close());

  /** An engine for a user whose `docker login` was given the words, or none. */
  const engineOf = (words?: string): Engine => {
    const folder = tempFolder();
    const auth = Buffer.from(words ?? '').toString('base64');
    const auths = words === undefined ? {} : { [registry.host]: { auth } };
    writeFileSync(join(folder, 'config.json'), JSON.stringify({ auths }));
    return createDockerEngine({ socketPath: SOCKET, env: { DOCKER_CONFIG: folder } });
  };
  const pull = async (words: string | undefined, name: string): ReturnType<Engine['pull']> => {
    const engine = engineOf(words);
    try {
      return await engine.pull(`${registry.host}/${name}`, AbortSignal.timeout(30_000));
    } finally {
      engine.close();
    }
  };

  it('gives its image to one whom Docker has logged in', async () => {
    const image = await pull('ada:pass:word', 'private/hello:1');
    expect(image.tags).toEqual([`${registry.host}/private/hello:1`]);
    await docker.getImage(image.id).remove({ force: true });
  });

  it('says that a login is needed, and which', async () => {
    await expect(pull(undefined, 'private/hello:1')).rejects.toMatchObject({
      code: 'image-missing',
      details: [
        expect.stringContaining('not logged in'),
        expect.stringContaining('no basic auth credentials'),
      ],
      hint: expect.stringContaining(`docker login ${registry.host}`),
    });
  });

  it('says that the login it has is refused, and shows nothing of it', async () => {
    const error: unknown = await pull('ada:old-secret', 'private/hello:1').catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      details: [expect.stringContaining('refuses the login that Docker keeps'), expect.any(String)],
    });
    const { message, details, hint } = error as { message: string; details: unknown; hint: string };
    expect(JSON.stringify([message, details, hint, String((error as Error).cause)])).not.toContain(
      'old-secret',
    );
  });

  it('says that it has no image of that tag', async () => {
    await expect(pull('ada:pass:word', 'private/hello:2')).rejects.toMatchObject({
      details: [`the registry ${registry.host} has no such image`, expect.any(String)],
      hint: expect.stringContaining(`${registry.host}/private/hello:2`),
    });
  });
});

it('a registry that is not there is told from one whose name nobody knows', async () => {
  const engine = createDockerEngine({ socketPath: SOCKET, env: {} });
  const { signal } = new AbortController();
  await expect(engine.pull('127.0.0.1:1/none:1', signal)).rejects.toMatchObject({
    details: ['the registry 127.0.0.1:1 refuses connections: nothing listens there', expect.any(String)],
  });
  await expect(engine.pull('no-such-host.invalid/none:1', signal)).rejects.toMatchObject({
    details: [expect.stringContaining('no-such-host.invalid'), expect.any(String)],
  });
  engine.close();
});
