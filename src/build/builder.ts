import { resolve } from 'node:path';

import { FaasoError, toFaasoError } from '../core/errors.ts';
import type { FunctionName } from '../core/names.ts';
import type { FunctionSpec, Project } from '../core/specs.ts';
import type { Release } from '../core/state.ts';
import type { Engine } from '../engine/engine.ts';
import { baseArgs, stableArgs, volatileArgs } from './args.ts';
import { caBundlePath } from './ca-bundle.ts';
import { ensureFolder, ensureImage } from './ensure.ts';
import { buildCommand, writeContext } from './export.ts';
import type { Prepared } from './prepare.ts';
import { createListedLookups, createLookups, prepare, prepareFolder } from './prepare.ts';
import { imageRevision } from './revision.ts';
import { createSlots } from './slots.ts';

export type { Prepared } from './prepare.ts';

export interface BuildFlags {
  /** Builds although the image is there, and without the engine's cache. */
  readonly noCache: boolean;
  /** Asks the registries for newer bases and images first. */
  readonly pull: boolean;
}

export interface BuilderOptions {
  readonly engine: Engine;
  /** Where the CA bundle and the proxy variables are read from. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** How many images are built at once. */
  readonly parallel: number;
}

/** Makes images of functions. Everything rejects with a {@link FaasoError}. */
export interface Builder {
  /** Computes the revision without building; reads files and asks the engine for images. */
  prepare(project: Project, fn: FunctionSpec): Promise<Prepared>;
  /** Many at once, sharing look-ups. A function's own fault is its value; what concerns them all, as an engine that does not answer, rejects. */
  prepareAll(
    project: Project,
    functions: readonly FunctionSpec[],
  ): Promise<ReadonlyMap<FunctionName, Prepared | FaasoError>>;
  /**
   * The very image that a release was made of: its reference, or the id where a tag of the user's has moved since.
   * `undefined` when the engine has it no more.
   */
  imageOf(release: Pick<Release, 'image' | 'imageId' | 'revision'>): Promise<string | undefined>;
  /**
   * Makes the image be there: builds it, or pulls a prebuilt one. Unchanged input is never built again. Returns
   * what is then there: a file may have changed since it was prepared. Rejects with `context-invalid`,
   * `image-missing`, `build-failed`, or after an abort with the signal's reason.
   */
  ensure(
    project: Project,
    fn: FunctionSpec,
    flags: BuildFlags,
    onLine: (line: string) => void,
    signal: AbortSignal,
  ): Promise<Prepared>;
  /**
   * Writes a context that a plain `docker build` accepts into an absent or empty folder: the function's values are
   * the defaults of the Dockerfile's arguments. Returns the command to type.
   */
  exportContext(project: Project, fn: FunctionSpec, folder: string): Promise<{ readonly command: string }>;
}

/** How many functions' files are read at once. */
const READERS = 8;

/** A builder on one engine; `parallel` bounds the builds of all its calls together. */
export function createBuilder({ engine, env, parallel }: BuilderOptions): Builder {
  const slots = createSlots(parallel);
  return {
    prepare: (project, fn) => prepare(createLookups(engine), project, fn),

    prepareAll: async (project, functions) => {
      const lookups = createListedLookups(engine, project);
      const readers = createSlots(READERS);
      const prepared = functions.map(async (fn) => {
        const result = await readers.run(() => prepare(lookups, project, fn)).catch(ownFault);
        return [fn.name, result] as const;
      });
      return new Map(await Promise.all(prepared));
    },

    imageOf: async ({ image, imageId, revision }) => {
      const found = await engine.image(image);
      // Our own tags name the revision.
      const isSame =
        image.endsWith(`:${revision}`) ||
        imageRevision({ reference: image, image: found }).revision === revision;
      if (found !== undefined && isSame) return image;
      return imageId === undefined ? undefined : (await engine.image(imageId))?.id;
    },

    ensure: (project, fn, flags, onLine, signal) =>
      slots.run(() => {
        const job = { engine, env, project, fn, flags, onLine, signal };
        return fn.source.kind === 'image' ? ensureImage(job, fn.source) : ensureFolder(job, fn.source);
      }, signal),

    exportContext: async (project, fn, folder) => {
      if (fn.source.kind === 'image') {
        throw new FaasoError(
          'usage',
          `${fn.name} is the prebuilt image ${fn.source.image}: there is no context to export`,
          { hint: `the image itself: docker pull ${fn.source.image}` },
        );
      }
      const { entries, bases, revision } = await prepareFolder(createLookups(engine), project, fn, fn.source);
      const args = {
        ...stableArgs(fn.name, fn.source, project.build),
        ...baseArgs(bases),
        ...volatileArgs(revision, { ...project.build, proxy: 'none' }, env),
      };
      const target = resolve(folder);
      await writeContext(entries, args, target);
      const bundle = project.build.caBundle === 'host' ? await caBundlePath(env) : undefined;
      return { command: buildCommand(target, `${project.name}-${fn.name}`, bundle) };
    },
  };
}

function ownFault(error: unknown): FaasoError {
  const known = toFaasoError(error);
  if (known.kind.blame === 'system') throw known;
  return known;
}
