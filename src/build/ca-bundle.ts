import { readFile } from 'node:fs/promises';

import { FaasoError } from '../core/errors.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where distributions keep their bundle: Debian and Alpine, then Fedora and its relatives. */
const BUNDLES = ['/etc/ssl/certs/ca-certificates.crt', '/etc/pki/tls/certs/ca-bundle.crt'];
/** BuildKit refuses larger secrets. */
const MAX_SECRET_BYTES = 500 * 1024;

/** Path of the host's CA bundle: what the environment names, else the distribution's. Rejects with `build-failed` when there is none. */
export async function caBundlePath(env: Environment): Promise<string> {
  return (await findBundle(env)).path;
}

/** The host's CA bundle in PEM. Rejects with `build-failed` when there is none, or it is larger than a secret may be. */
export async function readCaBundle(env: Environment): Promise<Uint8Array> {
  const { path, content } = await findBundle(env);
  if (content.length > MAX_SECRET_BYTES) {
    throw new FaasoError(
      'build-failed',
      `the CA bundle ${path} is larger than ${MAX_SECRET_BYTES / 1024} KiB`,
      {
        hint: 'point SSL_CERT_FILE at a smaller bundle that has the authority your network uses',
      },
    );
  }
  return content;
}

async function findBundle(
  env: Environment,
): Promise<{ readonly path: string; readonly content: Uint8Array }> {
  const candidates = [env['SSL_CERT_FILE'], env['NODE_EXTRA_CA_CERTS'], ...BUNDLES];
  for (const path of candidates) {
    if (path === undefined || path === '') continue;
    try {
      return { path, content: await readFile(path) };
    } catch {
      // The next candidate may be there; when none is, the error below names what to do.
    }
  }
  throw new FaasoError(
    'build-failed',
    'the host has no CA bundle that can be read, and "build: { ca_bundle: host }" asks for it',
    {
      hint: 'install the package ca-certificates, or point SSL_CERT_FILE at a bundle',
    },
  );
}
