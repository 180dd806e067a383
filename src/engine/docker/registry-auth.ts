import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What the engine passes on to a registry. */
export type RegistryLogin =
  | { readonly username: string; readonly password: string; readonly serveraddress: string }
  | { readonly identitytoken: string; readonly serveraddress: string };

type Env = Readonly<Record<string, string | undefined>>;

const HUB = 'docker.io';
/** What `docker login` without a name writes. */
const HUB_KEY = 'https://index.docker.io/v1/';
const HELPER_MS = 10_000;
/** What a helper says as the name of a user when it has a token. */
const TOKEN_USER = '<token>';

/** The registry that an image comes from: `ghcr.io`, `localhost:5000`; `docker.io` where none is named. */
export function registryOf(reference: string): string {
  const [first = '', ...rest] = reference.split('/');
  return rest.length > 0 && /[.:]|^localhost$/.test(first) ? first : HUB;
}

/** Where `docker login` keeps what it was told; `undefined` without a home. */
function dockerConfigFile(env: Env): string | undefined {
  const folder =
    env['DOCKER_CONFIG'] || (env['HOME'] === undefined ? undefined : join(env['HOME'], '.docker'));
  return folder === undefined ? undefined : join(folder, 'config.json');
}

/**
 * What `docker login` has for a registry, from its file or from the helper that the file names; `undefined` when it
 * has nothing, or nothing that can be read: an image that needs no login is pulled all the same.
 */
export async function loginOf(env: Env, registry: string): Promise<RegistryLogin | undefined> {
  const file = dockerConfigFile(env);
  if (file === undefined) return undefined;
  try {
    const config = fields(JSON.parse(await readFile(file, 'utf8')));
    const key = registry === HUB ? HUB_KEY : registry;
    const helper = fields(config['credHelpers'])[registry] ?? config['credsStore'];
    if (typeof helper === 'string' && helper !== '') {
      const said = await askHelper(env, helper, key);
      if (said !== undefined) return said;
    }
    return fromFile(fields(config['auths']), key);
  } catch {
    return undefined;
  }
}

function fromFile(auths: Fields, key: string): RegistryLogin | undefined {
  const found = Object.entries(auths).find(([name]) => hostOf(name) === hostOf(key))?.[1];
  const { auth, identitytoken } = fields(found);
  if (typeof identitytoken === 'string' && identitytoken !== '') return { identitytoken, serveraddress: key };
  if (typeof auth !== 'string' || auth === '') return undefined;
  const [username = '', ...password] = Buffer.from(auth, 'base64').toString().split(':');
  return { username, password: password.join(':'), serveraddress: key };
}

/** A program of the user's own, as Docker's client runs it: asked on its standard input, it answers in JSON. */
async function askHelper(env: Env, name: string, key: string): Promise<RegistryLogin | undefined> {
  if (!/^[\w.-]+$/.test(name)) return undefined;
  const helper = spawn(`docker-credential-${name}`, ['get'], {
    env,
    stdio: ['pipe', 'pipe', 'ignore'],
    timeout: HELPER_MS,
  });
  const ended = new Promise<boolean>((resolve) =>
    helper.once('error', () => resolve(false)).once('close', (code) => resolve(code === 0)),
  );
  helper.stdin.on('error', () => undefined).end(key);
  let said = '';
  helper.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  if (!(await ended)) return undefined;
  const { Username: username, Secret: password } = fields(JSON.parse(said));
  if (typeof username !== 'string' || typeof password !== 'string') return undefined;
  return username === TOKEN_USER
    ? { identitytoken: password, serveraddress: key }
    : { username, password, serveraddress: key };
}

type Fields = Readonly<Record<string, unknown>>;

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

/** Keys are names, or addresses of an older client: `https://ghcr.io/v1/`. */
function hostOf(key: string): string {
  return key.replace(/^https?:\/\//, '').replace(/\/.*$/, '');
}
