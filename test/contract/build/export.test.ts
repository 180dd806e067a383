import { spawn } from 'node:child_process';
import { lstat, readdir, readFile, readlink, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import Dockerode from 'dockerode';
import { describe, expect, it, onTestFinished } from 'vitest';

import { createBuilder } from '../../../src/build/builder.ts';
import { temporaryFolder, writeTree } from '../../support/build-fixture.ts';
import { builtFixture, realEngine, runImage } from '../../support/build-engine.ts';

const OPTIONS = {
  tree: {
    'functions/one/handler.txt': 'hello\n',
    'functions/one/.hidden': 'h',
    'functions/one/run': { text: '#!/bin/sh\ncat /app/handler.txt /greeting\n', mode: 0o700 },
    'functions/one/link': { link: 'run' },
    'functions/one/.env': 'KEY=canary',
  },
  dockerfile: [
    'ARG BASE_RUN',
    'FROM ${BASE_RUN}',
    'ARG OPTION_GREETING=none',
    'ARG FAASO_REVISION',
    'COPY function/ /app/',
    'RUN printf %s "$OPTION_GREETING" > /greeting && printf %s "$FAASO_REVISION" > /revision',
    'CMD ["/app/link"]',
    '',
  ].join('\n'),
  source: { options: { greeting: 'good "day" $HOME' } },
};

/**
 * What `docker build FOLDER` sends: the folder as a tar, no build arguments. Piped on at once, because Node throws
 * away what a child wrote when it ends unread.
 */
async function plainBuild(folder: string, tag: string): Promise<void> {
  const docker = new Dockerode();
  onTestFinished(() => docker.getImage(tag).remove({ force: true }));
  const tar = spawn('tar', ['-c', '-C', folder, '.'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const answer = await docker.buildImage(tar.stdout.pipe(new PassThrough()), { t: tag, version: '2' });
  for await (const chunk of answer) expect(String(chunk)).not.toContain('"error"');
}

describe('exportContext', () => {
  it('writes a folder that a plain docker build makes the same function of', async () => {
    const fixture = await builtFixture(OPTIONS);
    const builder = createBuilder({ engine: realEngine(), env: {}, parallel: 1 });
    const folder = join(await temporaryFolder(), 'out', 'one');
    const { command } = await builder.exportContext(fixture.project, fixture.fn, folder);
    expect(command).toBe(`DOCKER_BUILDKIT=1 docker build -t ${fixture.project.name}-one ${folder}`);
    expect((await stat(join(folder, 'function/run'))).mode & 0o777).toBe(0o755);
    expect(await readlink(join(folder, 'function/link'))).toBe('run');
    expect((await readdir(join(folder, 'function'))).toSorted()).toEqual([
      '.hidden',
      'handler.txt',
      'link',
      'run',
    ]);
    const tag = `${fixture.project.name}-one:latest`;
    await plainBuild(folder, tag);
    expect(await runImage(tag)).toBe('hello\ngood "day" $HOME');
    const { revision } = await builder.prepare(fixture.project, fixture.fn);
    expect(await runImage(tag, ['cat', '/revision'])).toBe(revision);
  });

  it('names the secret in its command, quoted for a shell', async () => {
    const fixture = await builtFixture({ ...OPTIONS, build: { caBundle: 'host' } });
    const root = await temporaryFolder();
    await writeTree(root, { 'c a.pem': 'x' });
    const env = { SSL_CERT_FILE: join(root, 'c a.pem') };
    const builder = createBuilder({ engine: realEngine(), env, parallel: 1 });
    const { command } = await builder.exportContext(fixture.project, fixture.fn, join(root, "it's"));
    expect(command).toContain(`--secret 'id=ca_bundle,src=${root}/c a.pem' '${root}/it'\\''s'`);
  });

  it('refuses a folder that holds something, and a prebuilt image', async () => {
    const fixture = await builtFixture(OPTIONS);
    const builder = createBuilder({ engine: realEngine(), env: {}, parallel: 1 });
    await expect(builder.exportContext(fixture.project, fixture.fn, fixture.root)).rejects.toMatchObject({
      code: 'usage',
    });
    expect(await readFile(join(fixture.root, 'functions/one/handler.txt'), 'utf8')).toBe('hello\n');
    const prebuilt = await builtFixture({ image: 'x:1' });
    const folder = join(await temporaryFolder(), 'out');
    await expect(builder.exportContext(prebuilt.project, prebuilt.fn, folder)).rejects.toMatchObject({
      code: 'usage',
    });
    await expect(lstat(folder)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
