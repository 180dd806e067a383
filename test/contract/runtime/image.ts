import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { createBuilder } from '../../../src/build/builder.ts';
import type { Metadata } from '../../../src/config/metadata.ts';
import { loadMetadata } from '../../../src/config/metadata.ts';
import { Problems } from '../../../src/config/problems.ts';
import { Runtimes } from '../../../src/config/runtimes.ts';
import { parseFunctionName } from '../../../src/core/names.ts';
import type { FunctionSpec, Project } from '../../../src/core/specs.ts';
import { createDockerEngine } from '../../../src/engine/docker/docker.ts';
import type { Engine } from '../../../src/engine/engine.ts';
import { DEFAULT_SPEC } from './spec.ts';

/** The repository, which is the project whose functions the fixtures are. */
export const ROOT = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '');
/** What all that the tests make on the engine carries, so that it can be found and removed. */
export const TEST_LABEL = 'faaso.test';

const TEMPLATES = join(ROOT, 'templates');

export interface Image {
  readonly id: string;
  readonly tag: string;
}

const engine = labelled(createDockerEngine({ env: process.env }));
const builder = createBuilder({ engine, env: process.env, parallel: 2 });

/** Builds a function's folder with the template that its metadata.yml names, as `faaso build` does. */
export async function buildImage(folder: string, root = ROOT): Promise<Image> {
  const fn = functionSpec(folder, await readMetadata(folder, root));
  const log: string[] = [];
  const flags = { noCache: false, pull: false };
  const signal = new AbortController().signal;
  try {
    const { image } = await builder.ensure(project(root, fn), fn, flags, (line) => log.push(line), signal);
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

/** What a function's folder says of it, read as faaso reads it. */
export async function readMetadata(folder: string, root = ROOT): Promise<Metadata> {
  const problems = new Problems();
  const inputs = { root, templates: TEMPLATES, problems, watched: new Set<string>() };
  const metadata = await loadMetadata(inputs, { runtimes: new Runtimes(inputs), envFiles: [] }, folder);
  if (metadata !== undefined && !problems.failed) return metadata;
  throw new Error(
    problems
      .list(folder)
      .map(({ file, message }) => `${file}: ${message}`)
      .join('\n'),
  );
}

/** Every image gets the label by which the tests find what they have to remove. */
function labelled(docker: Engine): Engine {
  return {
    ...docker,
    build: (request, onLine, signal) =>
      docker.build({ ...request, labels: { ...request.labels, [TEST_LABEL]: '1' } }, onLine, signal),
  };
}

/** `fixtures/python/async-handler` is the function `python-async-handler`. */
function functionSpec(folder: string, { source, description, tests }: Metadata): FunctionSpec {
  const text = `${source.runtime.name}-${basename(folder)}`.replace('_', '');
  const name = parseFunctionName(text);
  if (name === undefined) throw new Error(`${text} is no function name`);
  return { name, description, source, container: DEFAULT_SPEC, tests };
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
