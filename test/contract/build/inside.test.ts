import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Dockerode from 'dockerode';
import { describe, expect, it } from 'vitest';

import { createBuilder } from '../../../src/build/builder.ts';
import { temporaryFolder } from '../../support/build-fixture.ts';
import { builtFixture, realEngine, runImage } from '../../support/build-engine.ts';

const FLAGS = { noCache: false, pull: false };
const never = new AbortController().signal;
const CANARY = 'canary-0d1f2b';

/** Of its own for each test: what a step made of a secret stays in the engine's cache. */
const secretDockerfile = (): string =>
  [
    'ARG BASE_RUN',
    'FROM ${BASE_RUN}',
    `RUN echo ${randomUUID()}`,
    'COPY function/ /app/',
    'RUN --mount=type=secret,id=ca_bundle,target=/run/ca.pem if [ -e /run/ca.pem ]; then sha256sum < /run/ca.pem; else echo none; fi > /seen',
    '',
  ].join('\n');

/** Everything that an engine would hand to somebody who has the image. */
async function exported(image: string): Promise<string> {
  const docker = new Dockerode();
  const chunks: Uint8Array[] = [];
  for await (const chunk of await docker.getImage(image).get()) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('latin1') + JSON.stringify(await docker.getImage(image).history());
}

describe('what a build sees and an image does not', () => {
  it('mounts the host’s CA bundle as a secret that is nowhere in the image', async () => {
    const pem = join(await temporaryFolder(), 'ca.pem');
    await writeFile(pem, CANARY);
    const fixture = await builtFixture({ dockerfile: secretDockerfile(), build: { caBundle: 'host' } });
    const builder = createBuilder({ engine: realEngine(), env: { SSL_CERT_FILE: pem }, parallel: 1 });
    const { image } = await builder.ensure(fixture.project, fixture.fn, FLAGS, () => undefined, never);
    expect(
      await runImage(image, ['sh', '-c', `printf %s ${CANARY} | sha256sum | cmp - /seen && echo same`]),
    ).toBe('same\n');
    const everything = await exported(image);
    expect(everything.includes('hello')).toBe(true);
    expect(everything.includes(CANARY)).toBe(false);
  });

  it('builds without the bundle where nobody asked for it', async () => {
    const fixture = await builtFixture({ dockerfile: secretDockerfile() });
    const builder = createBuilder({ engine: realEngine(), env: {}, parallel: 1 });
    const { image } = await builder.ensure(fixture.project, fixture.fn, FLAGS, () => undefined, never);
    expect(await runImage(image, ['cat', '/seen'])).toBe('none\n');
  });

  it('sees the host’s proxy, which is not in the image, and the user’s arguments', async () => {
    const dockerfile = [
      'ARG BASE_RUN',
      'FROM ${BASE_RUN}',
      'ARG INDEX',
      'RUN test "${HTTPS_PROXY#http://proxy.}" = "invalid:1" && test "$https_proxy" = "$HTTPS_PROXY" && printf %s "$INDEX" > /index',
      '',
    ].join('\n');
    const fixture = await builtFixture({ dockerfile, build: { proxy: 'host', args: { INDEX: 'mine' } } });
    const env = { https_proxy: 'http://proxy.invalid:1' };
    const builder = createBuilder({ engine: realEngine(), env, parallel: 1 });
    const { image } = await builder.ensure(fixture.project, fixture.fn, FLAGS, () => undefined, never);
    expect(await runImage(image, ['sh', '-c', 'cat /index; env'])).toMatch(/^mine(?![\s\S]*proxy)/i);
    expect((await exported(image)).includes('proxy.invalid')).toBe(false);
  });
});
