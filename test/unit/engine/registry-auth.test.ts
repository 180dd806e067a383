import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { loginOf, registryOf } from '../../../src/engine/docker/registry-auth.ts';
import { tempFolder } from '../../support/temp-folder.ts';

const auth = Buffer.from('ada:pass:word').toString('base64');
const ADA = { username: 'ada', password: 'pass:word' };

/** The environment of a user with that `config.json`, and a helper `docker-credential-NAME` for each script. */
function userWith(config: unknown, helpers: Readonly<Record<string, string>> = {}): Record<string, string> {
  const folder = tempFolder();
  writeFileSync(join(folder, 'config.json'), typeof config === 'string' ? config : JSON.stringify(config));
  for (const [name, script] of Object.entries(helpers)) {
    const file = join(folder, `docker-credential-${name}`);
    writeFileSync(file, `#!/bin/sh\n${script}\n`);
    chmodSync(file, 0o755);
  }
  return { DOCKER_CONFIG: folder, PATH: `${folder}:/usr/bin:/bin` };
}

describe('the registry of an image', () => {
  it.each([
    ['nginx', 'docker.io'],
    ['nginx:1.27', 'docker.io'],
    ['library/nginx', 'docker.io'],
    ['ghcr.io/acme/hello:1', 'ghcr.io'],
    ['localhost/x', 'localhost'],
    ['localhost:5000/x:1', 'localhost:5000'],
    ['127.0.0.1:5000/a/b@sha256:00', '127.0.0.1:5000'],
  ])('of %s is %s', (reference, registry) => expect(registryOf(reference)).toBe(registry));
});

describe('the login of a registry', () => {
  it.each([
    ['its name', 'ghcr.io', { 'ghcr.io': { auth } }],
    ['an address of an older client', 'ghcr.io', { 'https://ghcr.io/v1/': { auth } }],
    ['what is written for Docker Hub', 'docker.io', { 'https://index.docker.io/v1/': { auth } }],
  ])('is found under %s', async (_, registry, auths) => {
    expect(await loginOf(userWith({ auths }), registry)).toMatchObject(ADA);
  });

  it('is not that of another registry, and may be a token', async () => {
    const auths = { 'ghcr.io': { auth }, 'quay.io': { auth: '', identitytoken: 'token' } };
    expect(await loginOf(userWith({ auths }), 'example.org')).toBeUndefined();
    expect(await loginOf(userWith({ auths }), 'quay.io')).toEqual({
      identitytoken: 'token',
      serveraddress: 'quay.io',
    });
  });

  it('comes from the helper of that registry first, then from the common one, then from the file', async () => {
    const say = (name: string): string =>
      `read server; printf '{"Username":"${name}","Secret":"for %s"}' "$server"`;
    const helpers = { own: say('own'), all: say('all'), token: say('<token>'), none: 'exit 1' };
    const config = { credHelpers: { 'ghcr.io': 'own', 'quay.io': 'token' }, credsStore: 'all' };
    const env = userWith(config, helpers);
    expect(await loginOf(env, 'ghcr.io')).toMatchObject({ username: 'own', password: 'for ghcr.io' });
    expect(await loginOf(env, 'example.org')).toMatchObject({ username: 'all' });
    expect(await loginOf(env, 'quay.io')).toEqual({
      identitytoken: 'for quay.io',
      serveraddress: 'quay.io',
    });
    const failing = userWith({ credsStore: 'none', auths: { 'ghcr.io': { auth } } }, helpers);
    expect(await loginOf(failing, 'ghcr.io')).toMatchObject(ADA);
    const absent = userWith({ credsStore: '../absent', auths: { 'ghcr.io': { auth } } });
    expect(await loginOf(absent, 'ghcr.io')).toMatchObject(ADA);
  });

  it.each([
    '{',
    '[]',
    'null',
    '{"auths":[]}',
    '{"auths":{"ghcr.io":null}}',
    '{"auths":{"ghcr.io":{"auth":7}}}',
  ])('is none where the file is %s', async (config) =>
    expect(await loginOf(userWith(config), 'ghcr.io')).toBeUndefined(),
  );

  it('is none without a file or a home', async () => {
    expect(await loginOf({ HOME: tempFolder() }, 'ghcr.io')).toBeUndefined();
    expect(await loginOf({}, 'ghcr.io')).toBeUndefined();
  });
});
