import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { parse } from 'yaml';

import { createBuilder } from '../../../src/build/builder.ts';
import type { FunctionName } from '../../../src/core/names.ts';
import { parseFunctionName } from '../../../src/core/names.ts';
import type { FileCopy, FunctionSpec, Project, RuntimeOption, RuntimeSpec } from '../../../src/core/specs.ts';
import { createDockerEngine } from '../../../src/engine/docker/docker.ts';
import type { Engine } from '../../../src/engine/engine.ts';
import { DEFAULT_SPEC } from './spec.ts';

/** The repository, which is the project whose functions the fixtures are. */
export const ROOT = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '');
export const TEST_LABEL = 'faaso.test';

export interface MetadataTest {
  readonly name: string;
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly json?: unknown;
    readonly body?: string;
  };
  readonly expect: {
    readonly status: number;
    readonly headers?: Readonly<Record<string, string>>;
    readonly json?: unknown;
    readonly body?: string;
  };
}

export interface Metadata {
  readonly description?: string;
  readonly runtime: string;
  readonly packages?: { readonly build?: readonly string[]; readonly run?: readonly string[] };
  readonly files?: readonly FileCopy[];
  readonly options?: Readonly<Record<string, string | number | boolean>>;
  readonly test?: readonly MetadataTest[];
}

interface RuntimeFile {
  readonly description: string;
  readonly bases: RuntimeSpec['bases'];
  readonly required: RuntimeSpec['required'];
  readonly options: Readonly<Record<string, RuntimeOption>>;
}

export interface Image {
  readonly id: string;
  readonly tag: string;
}

const engine = labelled(createDockerEngine({ env: process.env }));
const builder = createBuilder({ engine, env: process.env, parallel: 2 });

/** Builds a function's folder with a template of this repository, as `faaso build` does. */
export async function buildImage(folder: string, runtime: string, root = ROOT): Promise<Image> {
  const metadata = await readMetadata(folder);
  const name = functionName(runtime, folder);
  const fn = functionSpec(name, folder, await readRuntime(runtime), metadata);
  const log: string[] = [];
  const flags = { noCache: false, pull: false };
  try {
    const { image } = await builder.ensure(
      project(root, fn),
      fn,
      flags,
      (line) => log.push(line),
      new AbortController().signal,
    );
    const built = await engine.image(image);
    if (built === undefined) throw new Error('the build left no image');
    return { id: built.id, tag: image };
  } catch (error) {
    throw new Error(`${folder} cannot be built:\n${log.slice(-20).join('\n')}`, { cause: error });
  }
}

/** Removes an image that {@link buildImage} made; the layers stay in the build cache. */
export async function removeImage({ tag }: Image): Promise<void> {
  await engine.removeImage(tag);
}

/** Every image gets the label by which the tests find what they have to remove. */
function labelled(docker: Engine): Engine {
  return {
    ...docker,
    build: (request, onLine, signal) =>
      docker.build({ ...request, labels: { ...request.labels, [TEST_LABEL]: '1' } }, onLine, signal),
  };
}

/** `fixtures/python/async-handler` → `python-async-handler`. */
function functionName(runtime: string, folder: string): FunctionName {
  const text = `${runtime}-${basename(folder)}`;
  const name = parseFunctionName(text);
  if (name === undefined) throw new Error(`${text} is no function name`);
  return name;
}

function functionSpec(
  name: FunctionName,
  folder: string,
  runtime: RuntimeSpec,
  metadata: Metadata,
): FunctionSpec {
  const { packages = {}, files = [], options: given = {} } = metadata;
  const options = Object.entries(runtime.options).map(([key, option]) => [
    key,
    String(given[key] ?? option.default),
  ]);
  return {
    name,
    description: '',
    source: {
      kind: 'folder',
      folder,
      runtime,
      packages: { build: packages.build ?? [], run: packages.run ?? [] },
      files,
      options: Object.fromEntries(options) as Record<string, string>,
    },
    container: DEFAULT_SPEC,
    tests: [],
  };
}

function project(root: string, fn: FunctionSpec): Project {
  return {
    name: 'runtime-contract',
    root,
    ports: { first: 20_000, last: 20_999 },
    router: { kind: 'builtin', host: '127.0.0.1', port: 0, trustedProxies: [] },
    build: { caBundle: 'host', proxy: 'host', args: {}, bases: {} },
    routes: [],
    functions: [fn],
  };
}

async function readRuntime(name: string): Promise<RuntimeSpec> {
  const folder = join(ROOT, 'templates', name);
  const { description, bases, required, options } = await readYaml<RuntimeFile>(join(folder, 'runtime.yml'));
  return { name, description, folder, bases, required, options };
}

/** A function's metadata.yml as it was written: fixtures are right, so nothing is checked. */
export function readMetadata(folder: string): Promise<Metadata> {
  return readYaml<Metadata>(join(folder, 'metadata.yml'));
}

async function readYaml<T>(path: string): Promise<T> {
  return parse(await readFile(path, 'utf8')) as T;
}
