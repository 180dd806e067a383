import { FaasoError } from '../core/errors.ts';
import type { BuildSettings, RuntimeSpec } from '../core/specs.ts';
import type { Engine, ImageInfo } from '../engine/engine.ts';

/** Looks an image up; `undefined` when the engine has none of that name. */
export type ImageLookup = (reference: string) => Promise<ImageInfo | undefined>;

/** A base image: the reference that a build uses, and what the engine knows of it. */
export interface Base {
  readonly reference: string;
  /** Absent when the engine does not have it yet. */
  readonly image: ImageInfo | undefined;
}

export interface Bases {
  /** Absent when the runtime names no image for the stage. */
  readonly build: Base | undefined;
  readonly run: Base | undefined;
}

/** Names of this prefix are made on the machine; pulling one could bring a stranger's image of that name. */
const LOCAL_PREFIX = 'faaso/';

const BASE_HINT =
  'run "faaso setup" once, which makes stand-ins where no registry answers, or name an image that you have under "bases:" in functions.yml';

/** Each stage's base: the first candidate that the engine has, else the first, to be pulled. */
export async function resolveBases(
  runtime: RuntimeSpec,
  settings: BuildSettings,
  lookup: ImageLookup,
): Promise<Bases> {
  const [build, run] = await Promise.all([
    resolve(candidates(runtime.bases.build, settings), lookup),
    resolve(candidates(runtime.bases.run, settings), lookup),
  ]);
  return { build, run };
}

/**
 * Pulls what is needed, so that {@link resolveBases} finds an image for each stage. With `refresh` every
 * candidate that a registry may have is tried, and the engine's own kept where none answers. Rejects with
 * `image-missing`.
 */
export async function pullBases(
  engine: Engine,
  runtime: RuntimeSpec,
  settings: BuildSettings,
  refresh: boolean,
  onLine: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const stages = [candidates(runtime.bases.build, settings), candidates(runtime.bases.run, settings)];
  const distinct = new Map(stages.filter((each) => each.length > 0).map((each) => [each.join(' '), each]));
  for (const references of distinct.values())
    await pullImage(engine, references, refresh, BASE_HINT, onLine, signal);
}

/**
 * Makes the engine have one of the candidates. Pulls the first that a registry has when the engine has none, or
 * with `refresh`. Rejects with `image-missing` and the hint.
 */
export async function pullImage(
  engine: Engine,
  references: readonly string[],
  refresh: boolean,
  hint: string,
  onLine: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const known = await resolve(references, (reference) => engine.image(reference));
  if (known?.image !== undefined && !refresh) return;
  const pullable = references.filter((each) => !each.startsWith(LOCAL_PREFIX));
  let failure: FaasoError | undefined;
  for (const reference of pullable) {
    onLine(`pulling ${reference}`);
    try {
      await engine.pull(reference, signal);
      return;
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof FaasoError) || error.code !== 'image-missing') throw error;
      failure ??= error;
    }
  }
  if (known?.image === undefined) {
    throw new FaasoError(
      'image-missing',
      `the image ${references.join(' or ')} is not on the engine and could not be pulled`,
      {
        ...(failure === undefined ? {} : { details: failure.details }),
        hint: failure?.hint === undefined ? hint : `${failure.hint}; or ${hint}`,
        cause: failure,
      },
    );
  }
  if (pullable.length > 0) {
    onLine(`no registry answers for ${pullable.join(' or ')}; using ${known.reference} as the engine has it`);
  }
}

async function resolve(references: readonly string[], lookup: ImageLookup): Promise<Base | undefined> {
  for (const reference of references) {
    const image = await lookup(reference);
    if (image !== undefined) return { reference, image };
  }
  const [first] = references;
  return first === undefined ? undefined : { reference: first, image: undefined };
}

function candidates(images: readonly string[], settings: BuildSettings): readonly string[] {
  return [...new Set(images.map((image) => settings.bases[image] ?? image))];
}
