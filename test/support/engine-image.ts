import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';

import type Docker from 'dockerode';
import { packTar } from 'modern-tar';

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

/** Makes an image that runs as the user from another. It has an `/etc/passwd` with `ada`, behind a link. */
export async function addUser(docker: Docker, image: string, user: string, reference: string): Promise<void> {
  const container = await docker.createContainer({ Image: image });
  const owner = { uid: 0, gid: 0, mode: 0o644 };
  const passwd = Buffer.from('root:x:0:0::/:/bin/sh\nada:x:4711:50::/:/bin/sh\n');
  const group = Buffer.from('staff:x:50:\n');
  const entries = [
    { header: { name: 'etc/', type: 'directory', size: 0, ...owner, mode: 0o755 } },
    { header: { name: 'etc/passwd.real', type: 'file', size: passwd.length, ...owner }, data: passwd },
    { header: { name: 'etc/passwd', type: 'symlink', size: 0, linkname: 'passwd.real', ...owner } },
    { header: { name: 'etc/group', type: 'file', size: group.length, ...owner }, data: group },
  ] as const;
  try {
    await container.putArchive(Buffer.from(await packTar(entries)), { path: '/' });
    const [repo, tag] = reference.split(':');
    await container.commit({ repo, tag, changes: `USER ${user}` });
  } finally {
    await container.remove({ v: true });
  }
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
