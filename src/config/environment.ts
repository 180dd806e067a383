import { basename } from 'node:path';

import { parseDotenv } from './dotenv.ts';
import { exists } from './folders.ts';
import type { Inputs } from './inputs.ts';
import { readText } from './read-text.ts';
import type { Lookup } from './variables.ts';

/** Looks variables up in `env`, then in the `.env` file, which may be missing. Notes in `used` what `env` gave. */
export async function environment(
  { problems, watched }: Inputs,
  file: string,
  env: Readonly<Record<string, string | undefined>>,
  used: Map<string, string>,
): Promise<Lookup> {
  watched.add(file);
  const source = (await exists(file)) ? await readText(file, basename(file), problems) : undefined;
  const fromFile = source === undefined ? new Map() : parseDotenv({ ...source, isPrivate: true }, problems);
  return (name) => {
    const value = Object.hasOwn(env, name) ? env[name] : undefined;
    if (value === undefined) return fromFile.get(name)?.value;
    used.set(name, value);
    return value;
  };
}
