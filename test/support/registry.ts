import { createHash } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';

import { packTar } from 'modern-tar';

const MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';

const digest = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/**
 * A registry on loopback with the one image `private/hello:1`, for those who log in as `ada` with `pass:word`. The
 * engine takes it without TLS because it is on loopback. With a `socket` it listens there instead, open to everybody.
 */
export async function startRegistry(socket?: string): Promise<{
  readonly host: string;
  readonly close: () => Promise<void>;
}> {
  const text = Buffer.from('hello\n');
  const tar = await packTar([{ header: { name: 'hello', type: 'file', size: text.length }, data: text }]);
  const layer = gzipSync(tar);
  const config = Buffer.from(
    JSON.stringify({
      architecture: process.arch === 'x64' ? 'amd64' : process.arch,
      os: 'linux',
      config: { Labels: { 'faaso.test': '1' } },
      rootfs: { type: 'layers', diff_ids: [digest(tar)] },
    }),
  );
  const described = (mediaType: string, bytes: Uint8Array): object => ({
    mediaType,
    size: bytes.length,
    digest: digest(bytes),
  });
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MANIFEST,
      config: described('application/vnd.docker.container.image.v1+json', config),
      layers: [described('application/vnd.docker.image.rootfs.diff.tar.gzip', layer)],
    }),
  );
  const blobs = new Map([config, layer].map((bytes) => [digest(bytes), bytes]));
  const allowed = `Basic ${Buffer.from('ada:pass:word').toString('base64')}`;

  const answer: RequestListener = ({ url = '', headers }, response) => {
    const refuse = (status: number, code: string): void => {
      response.writeHead(status, {
        'content-type': 'application/json',
        ...(status === 401 ? { 'www-authenticate': 'Basic realm="test"' } : {}),
      });
      response.end(JSON.stringify({ errors: [{ code, message: code.toLowerCase() }] }));
    };
    if (socket === undefined && headers.authorization !== allowed) return refuse(401, 'UNAUTHORIZED');
    if (url === '/v2/') return void response.end('{}');
    const [, kind, name = ''] = /^\/v2\/private\/hello\/(manifests|blobs)\/(.+)$/.exec(url) ?? [];
    const blob = blobs.get(name);
    if (kind === 'blobs' && blob !== undefined) return void response.end(blob);
    if (kind !== 'manifests' || !['1', digest(manifest)].includes(name))
      return refuse(404, 'MANIFEST_UNKNOWN');
    response.writeHead(200, {
      'content-type': MANIFEST,
      'docker-content-digest': digest(manifest),
      'content-length': manifest.length,
    });
    return void response.end(manifest);
  };

  const server = createServer(answer);
  await new Promise<void>((resolve) => {
    if (socket === undefined) server.listen(0, '127.0.0.1', resolve);
    else server.listen(socket, resolve);
  });
  const address = server.address() as AddressInfo | string | null;
  return {
    host: typeof address === 'object' ? `127.0.0.1:${address?.port}` : address,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
