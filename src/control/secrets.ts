/** What verbs do with secrets. Values go from the verb's own process into the store, and over no wire. */
import { FaasoError } from '../core/errors.ts';
import type { FunctionName } from '../core/names.ts';
import type { ContainerSpec } from '../core/specs.ts';
import type { Faaso } from '../faaso.ts';
import type { ProjectLocation, RunAnswer, SecretInfo, SecretSetAnswer } from './api.ts';
import { withFaaso } from './with-faaso.ts';

/** Those that are set, and those that a function names. */
export async function listSecrets(location: ProjectLocation): Promise<readonly SecretInfo[]> {
  return await withFaaso(location, async (faaso) => {
    const [set, { applied, files }] = await Promise.all([faaso.secrets.list(), usersOf(faaso, location)]);
    const times = new Map(set.map(({ name, setAt }) => [name, new Date(setAt).toISOString()]));
    const users = [...applied, ...files];
    const names = new Set([...times.keys(), ...users.map((user) => user.secret)]);
    return [...names].sort().map((name) => ({
      name,
      setAt: times.get(name) ?? null,
      functions: functionsOf(users, name),
    }));
  });
}

/** Sets it, and has `rotate` give it to the applied functions that use it with another value. */
export async function setSecret(
  location: ProjectLocation,
  name: string,
  value: Uint8Array,
  rotate: () => Promise<RunAnswer>,
): Promise<SecretSetAnswer> {
  const { changed, waiting, outdated } = await withFaaso(location, async (faaso) => {
    const before = await faaso.secrets.fingerprint(name);
    await faaso.secrets.set(name, value);
    const fingerprint = await faaso.secrets.fingerprint(name);
    const { applied, files } = await usersOf(faaso, location);
    const having = functionsOf(applied, name);
    return {
      changed: fingerprint !== before,
      waiting: functionsOf(files, name).filter((item) => !having.includes(item)),
      outdated: applied.filter((user) => user.secret === name && user.fingerprint !== fingerprint),
    };
  });
  if (outdated.length === 0) return { name, changed, waiting, run: null };
  try {
    return { name, changed, waiting, run: await rotate() };
  } catch (error) {
    if (!(error instanceof FaasoError)) throw error;
    const users = outdated.map((user) => user.function).join(', ');
    throw new FaasoError(error.code, error.message, {
      details: [...error.details, `${name} is set; ${users} has the old value until the next "faaso apply"`],
      cause: error,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
    });
  }
}

/** Rejects with `secret-in-use` while a function names it, and with `usage` when it is not set. */
export async function removeSecret(location: ProjectLocation, name: string): Promise<void> {
  await withFaaso(location, async (faaso) => {
    const { applied, files } = await usersOf(faaso, location);
    const users = functionsOf([...applied, ...files], name);
    if (users.length > 0) {
      throw new FaasoError('secret-in-use', `the secret ${name} is used by ${users.join(', ')}`, {
        hint: 'take it out of "secrets:" in functions.yml and run "faaso apply" first',
      });
    }
    if (await faaso.secrets.remove(name)) return;
    const names = (await faaso.secrets.list()).map((item) => item.name);
    throw new FaasoError('usage', `no secret is named "${name}"`, {
      hint: names.length === 0 ? 'none is set' : `set are ${names.join(', ')}`,
    });
  });
}

interface User {
  readonly function: FunctionName;
  readonly secret: string;
  readonly fingerprint: string;
}

/** Who names secrets: what is applied, and the files as they are, where they are valid. */
async function usersOf(
  faaso: Faaso,
  location: ProjectLocation,
): Promise<{ readonly applied: readonly User[]; readonly files: readonly User[] }> {
  const store = await faaso.store();
  const env = { ...location.env, ...store.read()?.variables };
  const loaded = await faaso.load({ ...location, env }).catch(() => undefined);
  const applied = Object.values(store.read()?.functions ?? {}).map((item) => item.current);
  return {
    applied: applied.flatMap((release) => usesOf(release.function, release.spec)),
    files: (loaded?.project.functions ?? []).flatMap((fn) => usesOf(fn.name, fn.container)),
  };
}

function usesOf(name: FunctionName, { secrets }: ContainerSpec): readonly User[] {
  return Object.entries(secrets).map(([secret, fingerprint]) => ({ function: name, secret, fingerprint }));
}

function functionsOf(users: readonly User[], secret: string): readonly FunctionName[] {
  return [...new Set(users.filter((user) => user.secret === secret).map((user) => user.function))].sort();
}
