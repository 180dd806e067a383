import { hashOf, revisionOf } from '../core/hash.ts';
import type { FunctionName, Revision } from '../core/names.ts';
import type { BuildSettings, FolderSource } from '../core/specs.ts';
import { stableArgs } from './args.ts';
import type { Base, Bases } from './bases.ts';
import { FUNCTION_PREFIX } from './context.ts';
import type { ContextEntry } from './entries.ts';

/** Raised when the same inputs must give another image, as after a change of the context's layout. */
const FORMAT = 1;

export interface RevisionFacts {
  readonly revision: Revision;
  /** What went in, in a person's words (`handler.py`, `template Dockerfile`, `base run`, `option threads`) → hash. */
  readonly inputs: Readonly<Record<string, string>>;
}

/**
 * Hash of everything that decides what is in the image: the context's paths, modes and contents, the build
 * arguments and the bases' layers. Names of bases, proxies and the CA bundle do not enter.
 */
export function folderRevision(
  name: FunctionName,
  source: FolderSource,
  settings: BuildSettings,
  entries: readonly ContextEntry[],
  bases: Bases,
): RevisionFacts {
  const files = entries.map((entry) => [entry.path, entryHash(entry)] as const);
  const base = { build: baseHash(bases.build), run: baseHash(bases.run) };
  const revision = revisionOf({ format: FORMAT, files, base, args: stableArgs(name, source, settings) });
  const inputs = Object.fromEntries([
    ...files.map(([path, hash]) => [fileInput(path), hash]),
    ...Object.entries(base)
      .filter(([, hash]) => hash !== null)
      .map(([stage, hash]) => [`base ${stage}`, hash]),
    ...Object.entries(source.options).map(([key, value]) => [`option ${key}`, hashOf(value)]),
    ...source.packages.build.map((each) => [`package build ${each}`, hashOf(each)]),
    ...source.packages.run.map((each) => [`package run ${each}`, hashOf(each)]),
    ...Object.entries(settings.args).map(([key, value]) => [`build arg ${key}`, hashOf(value)]),
  ]);
  return { revision, inputs };
}

/** The revision of a prebuilt image: by its layers, or by its name while the engine does not have it. */
export function imageRevision(base: Base): RevisionFacts {
  const hash = baseHash(base);
  return {
    revision: revisionOf({ format: FORMAT, image: hash }),
    inputs: { [`image ${base.reference}`]: String(hash) },
  };
}

function entryHash(entry: ContextEntry): string {
  return hashOf(
    entry.kind === 'link' ? { link: entry.target } : { file: entry.hash, executable: entry.executable },
  );
}

function baseHash(base: Base | undefined): string | null {
  if (base === undefined) return null;
  return base.image === undefined ? `missing ${base.reference}` : base.image.identity;
}

function fileInput(path: string): string {
  return path.startsWith(FUNCTION_PREFIX) ? path.slice(FUNCTION_PREFIX.length) : `template ${path}`;
}
