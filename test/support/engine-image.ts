import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';

import type Docker from 'dockerode';

import { PROGRAM } from './engine-program.ts';

/**
 * Imports an image that runs {@link PROGRAM}: the Node of this machine with the libraries it is linked to, so that
 * the engine's tests need no base image. Returns its reference; {@link removeTestImage} takes it away.
 */
export async function importTestImage(docker: Docker): Promise<string> {
  const repo = `t-${randomBytes(4).toString('hex')}`;
  const { stdout: linked } = await promisify(execFile)('ldd', [process.execPath]);
  const libraries = new Set(linked.match(/\/\S+\.so\S*/g));
  const tar = spawn(
    'tar',
    ['-ch', `--transform=s,^${process.execPath.slice(1)}$,node,`, process.execPath, ...libraries],
    {
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  );
  await drain(
    await docker.importImage(tar.stdout, {
      repo,
      tag: '1',
      changes: [
        'LABEL faaso.test=1',
        'ENV PATH=/',
        'VOLUME /volume',
        `CMD ${JSON.stringify(['/node', '-e', PROGRAM])}`,
      ],
    }),
  );
  return `${repo}:1`;
}

/** Makes an image of a few bytes with the labels. */
export async function importEmptyImage(
  docker: Docker,
  reference: string,
  labels: Readonly<Record<string, string>>,
): Promise<void> {
  const [repo, tag] = reference.split(':');
  const tar = spawn('tar', ['-c', '--files-from=/dev/null'], { stdio: ['ignore', 'pipe', 'ignore'] });
  const changes = Object.entries({ 'faaso.test': '1', ...labels }).map(
    ([key, value]) => `LABEL ${JSON.stringify(key)}=${JSON.stringify(value)}`,
  );
  await drain(await docker.importImage(tar.stdout, { repo, tag, changes }));
}

export async function removeTestImage(docker: Docker, reference: string): Promise<void> {
  await docker.getImage(reference).remove({ force: true });
}

async function drain(stream: NodeJS.ReadableStream): Promise<void> {
  for await (const chunk of stream) {
    const text = String(chunk);
    if (text.includes('"error"')) throw new Error(`the test image could not be imported: ${text}`);
  }
}
