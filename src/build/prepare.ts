import type { FunctionName, Revision } from '../core/names.ts';
import type { FolderSource, FunctionSpec, ImageSource, Project, RuntimeSpec } from '../core/specs.ts';
import type { Engine } from '../engine/engine.ts';
import type { Bases, ImageLookup } from './bases.ts';
import { resolveBases } from './bases.ts';
import { contextEntries, templateEntries } from './context.ts';
import type { ContextEntry } from './entries.ts';
import { folderRevision, imageRevision } from './revision.ts';

/** What is known of a function's image before it is built. */
export interface Prepared {
  readonly function: FunctionName;
  /** Of an image source that the engine does not have: by its name. */
  readonly revision: Revision;
  /** Our tag, or the user's reference. */
  readonly image: string;
  /** Of the user's image that the engine has. */
  readonly imageId?: string;
  /** Whether the engine has that image. */
  readonly present: boolean;
  /** What went in → its hash; says which file changed. */
  readonly inputs: Readonly<Record<string, string>>;
}

/** A function's context and bases, as they were read for its revision. */
export interface PreparedFolder extends Prepared {
  readonly entries: readonly ContextEntry[];
  readonly bases: Bases;
}

/** Look-ups that several functions share; lives as long as one question. */
export interface Lookups {
  readonly image: ImageLookup;
  readonly template: (runtime: RuntimeSpec) => Promise<readonly ContextEntry[]>;
  /** Whether the engine has one of our tags. */
  readonly hasTag: (tag: string) => Promise<boolean>;
}

/** Look-ups that ask once for each image and template. Tags are asked for one by one. */
export function createLookups(engine: Engine): Lookups {
  const image = once((reference: string) => engine.image(reference));
  const template = once(
    (runtime: RuntimeSpec) => templateEntries(runtime),
    (runtime) => runtime.folder,
  );
  return { image, template, hasTag: async (tag) => (await engine.image(tag)) !== undefined };
}

/** The same with all of a project's tags listed once. */
export function createListedLookups(engine: Engine, project: Project): Lookups {
  let tags: Promise<ReadonlySet<string>> | undefined;
  const list = async (): Promise<ReadonlySet<string>> =>
    new Set((await engine.images({ project: project.name })).flatMap((image) => image.tags));
  return { ...createLookups(engine), hasTag: async (tag) => (await (tags ??= list())).has(tag) };
}

/** Reads a function's files and bases and computes its revision. */
export async function prepareFolder(
  lookups: Lookups,
  project: Project,
  fn: FunctionSpec,
  source: FolderSource,
): Promise<PreparedFolder> {
  const [bases, template] = await Promise.all([
    resolveBases(source.runtime, project.build, lookups.image),
    lookups.template(source.runtime),
  ]);
  const entries = await contextEntries(project.root, source, template);
  const facts = folderRevision(fn.name, source, project.build, entries, bases);
  const image = `faaso/${project.name}/${fn.name}:${facts.revision}`;
  return { function: fn.name, ...facts, image, present: await lookups.hasTag(image), entries, bases };
}

/** Computes the revision of a prebuilt image. */
export async function prepareImage(
  lookups: Lookups,
  fn: FunctionSpec,
  source: ImageSource,
): Promise<Prepared> {
  const image = await lookups.image(source.image);
  const facts = imageRevision({ reference: source.image, image });
  return {
    function: fn.name,
    ...facts,
    image: source.image,
    ...(image === undefined ? {} : { imageId: image.id }),
    present: image !== undefined,
  };
}

/** Either of the two, as plain data. */
export async function prepare(lookups: Lookups, project: Project, fn: FunctionSpec): Promise<Prepared> {
  if (fn.source.kind === 'image') return prepareImage(lookups, fn, fn.source);
  return plain(await prepareFolder(lookups, project, fn, fn.source));
}

/** Without what only a build needs. */
export function plain({ function: name, revision, image, present, inputs }: Prepared): Prepared {
  return { function: name, revision, image, present, inputs };
}

function once<Key, Value>(
  get: (key: Key) => Promise<Value>,
  id: (key: Key) => unknown = (key) => key,
): (key: Key) => Promise<Value> {
  const known = new Map<unknown, Promise<Value>>();
  return (key) => {
    const value = known.get(id(key)) ?? get(key);
    known.set(id(key), value);
    return value;
  };
}
