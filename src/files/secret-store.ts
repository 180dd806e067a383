/** The secrets of a project, each a file that only its owner can read. Values leave it for containers alone. */
import { createHmac, randomBytes } from 'node:crypto';
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { errorCode, FaasoError } from '../core/errors.ts';
import { isSecretName } from '../core/names.ts';
import type { ProjectPaths } from '../core/paths.ts';
import { checkSecretName } from '../core/secret-name.ts';
import { writeFileAtomic } from './atomic.ts';
import { exclusively } from './exclusive.ts';
import { prepareHome, unusableHome } from './home.ts';
import { makeFolder } from './make-folder.ts';

/** The most that a value may have, as with Docker Swarm. */
export const MAX_SECRET_BYTES = 500 * 1024;

const KEY_BYTES = 32;
/** As `writeFileAtomic` names what it has not finished. */
const TEMPORARY = /\.[0-9a-f]{12}\.tmp$/;
const PRIVATE_FILE = 0o600;
const PRIVATE_FOLDER = 0o700;

export interface SecretStore {
  /** Names that are set, sorted, with when they were last set (milliseconds since 1970). */
  list(): Promise<readonly { readonly name: string; readonly setAt: number }[]>;
  /** Rejects with `usage` for a name or a value that cannot be one. The same value again changes nothing. */
  set(name: string, value: Uint8Array): Promise<void>;
  /** `false`: it was not set. */
  remove(name: string): Promise<boolean>;
  /** A keyed hash of the value (HMAC-SHA-256, first 16 hexadecimal digits); empty when it is not set. */
  fingerprint(name: string): Promise<string>;
  /** Values by name. Rejects with `secret-missing` naming all that are not set. */
  values(names: readonly string[]): Promise<Readonly<Record<string, Uint8Array>>>;
}

/** The store of the project with these paths. Nothing is made before the first secret is set. */
export function openSecrets(paths: ProjectPaths): SecretStore {
  const fileOf = (name: string): string => join(paths.secrets, name);
  return {
    list: async () => {
      const names = (await reading(paths, () => readdir(paths.secrets))) ?? [];
      const found = await Promise.all(
        names
          .filter((name) => isSecretName(name) && !TEMPORARY.test(name))
          .map(async (name) => {
            const info = await reading(paths, () => stat(fileOf(name)));
            return info?.isFile() === true ? [{ name, setAt: Math.round(info.mtimeMs) }] : [];
          }),
      );
      return found.flat().sort((a, b) => (a.name < b.name ? -1 : 1));
    },
    set: async (name, value) => {
      check(name, value);
      await writing(paths, async () => {
        await prepareHome(paths);
        await makeFolder(paths.secrets, PRIVATE_FOLDER);
        await sweep(paths);
        const before = await reading(paths, () => readFile(fileOf(name)));
        if (before?.equals(value) === true) return;
        // Made before the first value is there, so that every value has had one fingerprint only.
        await keyOf(paths);
        await writeFileAtomic(fileOf(name), value, PRIVATE_FILE);
      });
    },
    remove: async (name) => {
      if (!isSecretName(name)) return false;
      if ((await reading(paths, () => stat(fileOf(name)))) === undefined) return false;
      await writing(paths, () => rm(fileOf(name), { force: true }));
      return true;
    },
    fingerprint: async (name) => {
      const value = isSecretName(name) ? await reading(paths, () => readFile(fileOf(name))) : undefined;
      if (value === undefined) return '';
      const key = (await readKey(paths)) ?? (await writing(paths, () => keyOf(paths)));
      // With the name in it, that two secrets are equal shows nowhere.
      return createHmac('sha256', key).update(`${name}\0`).update(value).digest('hex').slice(0, 16);
    },
    values: async (names) => {
      const entries = await Promise.all(
        names.map(async (name) => {
          const value = isSecretName(name) ? await reading(paths, () => readFile(fileOf(name))) : undefined;
          return [name, value] as const;
        }),
      );
      const missing = entries.filter(([, value]) => value === undefined).map(([name]) => name);
      if (missing.length > 0) throw secretMissing(missing);
      return Object.fromEntries(entries.flatMap(([name, value]) => (value ? [[name, value]] : [])));
    },
  };
}

/** Fingerprints by name, as a container spec has them. */
export async function fingerprints(
  store: SecretStore,
  names: readonly string[],
): Promise<Readonly<Record<string, string>>> {
  const entries = await Promise.all(
    names.map(async (name) => [name, await store.fingerprint(name)] as const),
  );
  return Object.fromEntries(entries);
}

/** The error for secrets that a function names and that are not set. */
export function secretMissing(names: readonly string[]): FaasoError {
  const [first = ''] = names;
  const what =
    names.length === 1 ? `the secret ${first} is not set` : `the secrets ${names.join(', ')} are not set`;
  const hint = names.length === 1 ? '' : ', and the same for the others';
  return new FaasoError('secret-missing', what, { hint: `faaso secret set ${first}${hint}` });
}

/** What of the value is wrong is said without it. */
function check(name: string, value: Uint8Array): void {
  checkSecretName(name);
  if (value.length === 0)
    throw new FaasoError('usage', `the value of ${name} is empty`, {
      hint: `give it on standard input: faaso secret set ${name} < FILE; to forget it: faaso secret rm ${name}`,
    });
  if (value.length > MAX_SECRET_BYTES)
    throw new FaasoError('usage', `the value of ${name} has more than ${MAX_SECRET_BYTES / 1024} KiB`, {
      hint: 'large data belongs into the image ("files:") or into a volume',
    });
}

/** The project's key, made where there is none that can be used. Called by one process at a time. */
async function keyOf(paths: ProjectPaths): Promise<Uint8Array> {
  const key = await readKey(paths);
  if (key !== undefined) return key;
  const fresh = randomBytes(KEY_BYTES);
  await writeFileAtomic(paths.secretsKey, fresh, PRIVATE_FILE);
  return fresh;
}

async function readKey(paths: ProjectPaths): Promise<Uint8Array | undefined> {
  const key = await reading(paths, () => readFile(paths.secretsKey));
  return key?.length === KEY_BYTES ? key : undefined;
}

/** Removes what a write left that was killed: it holds a value. */
async function sweep({ secrets }: ProjectPaths): Promise<void> {
  const left = (await readdir(secrets)).filter((name) => TEMPORARY.test(name));
  await Promise.all(left.map((name) => rm(join(secrets, name), { force: true })));
}

/** `undefined` where there is no such file or folder. */
async function reading<Result>(
  { home }: ProjectPaths,
  work: () => Promise<Result>,
): Promise<Result | undefined> {
  try {
    return await work();
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return undefined;
    throw await unusableHome(home, error);
  }
}

async function writing<Result>(paths: ProjectPaths, work: () => Promise<Result>): Promise<Result> {
  try {
    return await exclusively(paths.data, work);
  } catch (error) {
    throw error instanceof FaasoError ? error : await unusableHome(paths.home, error);
  }
}
