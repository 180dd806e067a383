import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { FolderSource, FunctionSpec, ImageSource, Project } from '../core/specs.ts';
import type { BuildRequest, Engine } from '../engine/engine.ts';
import { imageLabels, isManaged } from '../engine/labels.ts';
import { baseArgs, stableArgs, volatileArgs } from './args.ts';
import { pullBases, pullImage } from './bases.ts';
import { readCaBundle } from './ca-bundle.ts';
import { undeclaredArgs } from './dockerfile.ts';
import { contextInvalid } from './invalid.ts';
import type { Prepared, PreparedFolder } from './prepare.ts';
import { createLookups, plain, prepareFolder, prepareImage } from './prepare.ts';
import { ContextChanged } from './read-file.ts';
import { contextTar } from './tar.ts';

/** One call of `ensure`, in its slot. */
export interface Job {
  readonly engine: Engine;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly project: Project;
  readonly fn: FunctionSpec;
  readonly flags: { readonly noCache: boolean; readonly pull: boolean };
  readonly onLine: (line: string) => void;
  readonly signal: AbortSignal;
}

/** How often a build starts anew because files changed while they were read. */
const ATTEMPTS = 3;

/** Pulls a prebuilt image unless it is there. */
export async function ensureImage(job: Job, source: ImageSource): Promise<Prepared> {
  const hint = 'load it into the engine: docker load';
  await pullImage(job.engine, [source.image], job.flags.pull, hint, job.onLine, job.signal);
  return prepareImage(createLookups(job.engine), job.fn, source);
}

/** Builds a function's image unless it is there. */
export async function ensureFolder(job: Job, source: FolderSource): Promise<Prepared> {
  await pullBases(job.engine, source.runtime, job.project.build, job.flags.pull, job.onLine, job.signal);
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    job.signal.throwIfAborted();
    const prepared = await prepareFolder(createLookups(job.engine), job.project, job.fn, source);
    if (prepared.present && !job.flags.noCache) return plain(prepared);
    try {
      await build(job, source, prepared);
      return { ...plain(prepared), present: true };
    } catch (error) {
      if (!(error instanceof ContextChanged)) throw error;
      job.onLine(`${error.message}; starting again`);
    }
  }
  throw contextInvalid(
    `the files of ${job.fn.name} keep changing while they are read`,
    'try again when nothing writes to its folder',
  );
}

async function build(job: Job, source: FolderSource, prepared: PreparedFolder): Promise<void> {
  const { engine } = job;
  for (const name of await unusedArgs(job, source)) {
    job.onLine(`the build argument ${name} is not used: no ARG of the template's Dockerfile declares it`);
  }
  const before = await engine.image(prepared.image);
  const { imageId } = await engine.build(await request(job, source, prepared), job.onLine, job.signal);
  if (before !== undefined && before.id !== imageId) await removeUntagged(engine, before.id);
}

async function request(
  { project, fn, flags, env }: Job,
  source: FolderSource,
  prepared: PreparedFolder,
): Promise<BuildRequest> {
  return {
    context: contextTar(prepared.entries),
    tag: prepared.image,
    args: {
      ...stableArgs(fn.name, source, project.build),
      ...baseArgs(prepared.bases),
      ...volatileArgs(prepared.revision, project.build, env),
    },
    labels: imageLabels(project, fn.name, prepared.revision),
    secrets: project.build.caBundle === 'host' ? { ca_bundle: await readCaBundle(env) } : {},
    noCache: flags.noCache,
    // Bases were pulled already where a registry has them; the engine would fail for those that it alone has.
    pull: false,
  };
}

async function unusedArgs({ project }: Job, source: FolderSource): Promise<readonly string[]> {
  const dockerfile = await readFile(join(source.runtime.folder, 'Dockerfile'), 'utf8');
  return undeclaredArgs(dockerfile, Object.keys(project.build.args));
}

/** The image that lost its tag to a rebuild. One that a container still uses stays, by the engine's own rule. */
async function removeUntagged(engine: Engine, id: string): Promise<void> {
  const image = await engine.image(id);
  if (image !== undefined && image.tags.length === 0 && isManaged(image.labels)) await engine.removeImage(id);
}
