import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { optionArg, stableArgs, volatileArgs } from '../../../src/build/args.ts';
import { caBundlePath, readCaBundle } from '../../../src/build/ca-bundle.ts';
import { revisionOf } from '../../../src/core/hash.ts';
import { buildFixture, temporaryFolder } from '../../support/build-fixture.ts';

describe('build arguments', () => {
  it('carry packages, options and the user’s own, ours winning', async () => {
    const { project, fn, source } = await buildFixture({
      source: { packages: { build: ['gcc', 'g++'], run: [] }, options: { 'max-threads': '4' } },
      build: { args: { INDEX: 'x', PACKAGES_RUN: 'evil' } },
    });
    expect(stableArgs(fn.name, source, project.build)).toEqual({
      FAASO_FUNCTION: 'one',
      INDEX: 'x',
      OPTION_MAX_THREADS: '4',
      PACKAGES_BUILD: 'g++ gcc',
      PACKAGES_RUN: '',
    });
    expect(optionArg('x')).toBe('OPTION_X');
  });

  it('carry proxy variables in both spellings, only when asked for', async () => {
    const { project } = await buildFixture();
    const env = { http_proxy: 'http://p:1', HTTPS_PROXY: 'http://p:2', NO_PROXY: '', OTHER: 'x' };
    const revision = revisionOf(1);
    expect(volatileArgs(revision, project.build, env)).toEqual({ FAASO_REVISION: revision });
    expect(volatileArgs(revision, { ...project.build, proxy: 'host' }, env)).toEqual({
      FAASO_REVISION: revision,
      HTTP_PROXY: 'http://p:1',
      http_proxy: 'http://p:1',
      HTTPS_PROXY: 'http://p:2',
      https_proxy: 'http://p:2',
    });
  });
});

describe('the CA bundle', () => {
  it('is what SSL_CERT_FILE names, then NODE_EXTRA_CA_CERTS', async () => {
    const folder = await temporaryFolder();
    const [first, second] = [join(folder, 'a.pem'), join(folder, 'b.pem')];
    await writeFile(second, 'second');
    const env = { SSL_CERT_FILE: first, NODE_EXTRA_CA_CERTS: second };
    expect(await caBundlePath(env)).toBe(second);
    await writeFile(first, 'first');
    expect(Buffer.from(await readCaBundle(env)).toString()).toBe('first');
  });

  it('is refused when it is larger than a secret may be', async () => {
    const path = join(await temporaryFolder(), 'a.pem');
    await writeFile(path, 'x'.repeat(501 * 1024));
    await expect(readCaBundle({ SSL_CERT_FILE: path })).rejects.toMatchObject({ code: 'build-failed' });
  });
});
