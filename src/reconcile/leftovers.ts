/** What of a project nobody needs any more, from what is listed. Pure. */
import type { Leftover, LeftoverReason } from '../core/disk.ts';
import type { FunctionName } from '../core/names.ts';
import { parseFunctionName } from '../core/names.ts';
import type { Applied, AppliedRelease, Instance } from '../core/state.ts';
import type { ContainerTrace, DiskUsage, ImageSummary, VolumeSummary } from '../engine/engine.ts';
import { LABELS } from '../engine/labels.ts';

/** What is made for a container that is just being started looks like a leftover for a moment. */
const SETTLED_MS = 5 * 60_000;

export interface LeftoverFacts {
  readonly project: string;
  /** Roots whose objects are the project's: its own, and those that nobody claims any more. */
  readonly roots: ReadonlySet<string>;
  readonly applied: Applied | undefined;
  /** What is applied in other folders with a project of the same name. */
  readonly others: readonly Applied[];
  /** What the files ask for; absent when they cannot be read, which is no reason to remove anything. */
  readonly files?: {
    /** By function; `undefined`: cannot be said. */
    readonly images: ReadonlyMap<FunctionName, string | undefined>;
    readonly volumes: ReadonlySet<string>;
  };
  readonly images: readonly ImageSummary[];
  /** Of a former name of the project. */
  readonly formerImages: readonly ImageSummary[];
  readonly instances: readonly Instance[];
  readonly containers: readonly ContainerTrace[];
  readonly volumes: readonly VolumeSummary[];
  /** Whether a `faaso test` goes on. */
  readonly testing: boolean;
  /** Folders of sockets whose project is gone, with nobody listening in them. */
  readonly runFolders: readonly string[];
  /** Files of the project's state that were never renamed into their place. */
  readonly halfWritten: readonly string[];
  readonly usage?: DiskUsage;
  /** Milliseconds since 1970. */
  readonly now: number;
}

export function leftovers(facts: LeftoverFacts): readonly Leftover[] {
  const containers = containerLeftovers(facts);
  // What only they use goes with them.
  const gone = new Set(containers.map((item) => item.id));
  const instances = facts.instances.filter((instance) => !gone.has(instance.id));
  const traces = facts.containers.filter((container) => !gone.has(container.id));
  const rest = { ...facts, instances, containers: traces };
  return [
    ...containers,
    ...facts.images.flatMap((image) => imageLeftovers(rest, image)),
    ...facts.formerImages.flatMap(formerLeftovers),
    ...volumeLeftovers(rest),
    ...facts.runFolders.map((id) => pathLeftover('folder', id, 'root-gone')),
    ...facts.halfWritten.map((id) => pathLeftover('file', id, 'half-written')),
  ];
}

function pathLeftover(kind: 'folder' | 'file', id: string, reason: LeftoverReason): Leftover {
  return { kind, id, name: id, function: null, reason, bytes: 0, option: null };
}

/** Tags of images that releases of the function are kept with. */
export function keptImages(applied: Applied, name: FunctionName): ReadonlySet<string> {
  return new Set(releasesOf(applied, name).map((release) => release.image));
}

/** What tags of the function's images begin with. */
export function tagPrefix(project: string, name: FunctionName): string {
  return `faaso/${project}/${name}:`;
}

function containerLeftovers({
  project,
  roots,
  testing,
  instances,
  containers,
  now,
}: LeftoverFacts): Leftover[] {
  const left = (id: string, name: string, fn: string | null, reason: LeftoverReason): Leftover => ({
    kind: 'container',
    id,
    name,
    function: fn,
    reason,
    bytes: 0,
    option: null,
  });
  const tests = instances
    .filter((instance) => !testing && instance.purpose === 'test' && roots.has(instance.project.root))
    .map((instance) => left(instance.id, instance.name, instance.function, 'test-over'));
  const helpers = containers
    .filter(({ labels }) => isHelper(labels, project, roots))
    .filter(({ createdAt }) => now - createdAt > SETTLED_MS)
    .map(({ id, name, labels }) => left(id, name, labels[LABELS.function] ?? null, 'helper'));
  return [...tests, ...helpers];
}

/** Whether labels are those of a container that fills volumes for the project. */
export function isHelper(
  labels: ContainerTrace['labels'],
  project: string,
  roots: ReadonlySet<string>,
): boolean {
  return (
    labels[LABELS.helper] === 'true' &&
    labels[LABELS.project] === project &&
    roots.has(labels[LABELS.root] ?? '')
  );
}

function imageLeftovers(facts: LeftoverFacts, image: ImageSummary): Leftover[] {
  const { project, instances, usage } = facts;
  const unique = usage?.images[image.id]?.uniqueBytes ?? 0;
  if (image.tags.length === 0) {
    if (instances.some((instance) => instance.imageId === image.id)) return [];
    const label = image.labels[LABELS.function] ?? null;
    const name = shortId(image.id);
    return [
      { kind: 'image', id: image.id, name, function: label, reason: 'untagged', bytes: unique, option: null },
    ];
  }
  const needed = neededImages(facts);
  return image.tags.flatMap((tag): Leftover[] => {
    const [prefix = '', owner = '', rest = ''] = tag.split('/');
    const name = parseFunctionName(rest.split(':')[0] ?? '');
    // A tag that a person put on it is that person's.
    if (prefix !== 'faaso' || owner !== project || name === undefined || needed.has(tag)) return [];
    const { reason, option } = imageReason(facts, name, tag);
    // With another tag left nothing is freed.
    const bytes = image.tags.length === 1 ? unique : 0;
    return [{ kind: 'image', id: tag, name: tag, function: name, reason, bytes, option }];
  });
}

function formerLeftovers({ id, tags, labels }: ImageSummary): Leftover[] {
  const left = (reference: string, name: string): Leftover => ({
    kind: 'image',
    id: reference,
    name,
    function: labels[LABELS.function] ?? null,
    reason: 'former-name',
    bytes: 0,
    option: '--all',
  });
  if (tags.length === 0) return [left(id, shortId(id))];
  const own = `faaso/${labels[LABELS.project] ?? ''}/`;
  return tags.filter((tag) => tag.startsWith(own)).map((tag) => left(tag, tag));
}

function shortId(id: string): string {
  return id.replace(/^sha256:/, '').slice(0, 12);
}

function imageReason(
  { applied, files }: LeftoverFacts,
  name: FunctionName,
  tag: string,
): Pick<Leftover, 'reason' | 'option'> {
  const known = applied?.functions[name];
  if (known?.earlier.some((release) => release.image === tag) === true)
    return { reason: 'rollback', option: '--all' };
  const asked = files?.images.get(name);
  if (known === undefined && files?.images.has(name) === false)
    return { reason: 'function-gone', option: null };
  // What was only built waits for its apply; where nobody can say what the files ask for, it may be this one.
  if (asked === tag || (known === undefined && asked === undefined))
    return { reason: 'not-applied', option: '--all' };
  return { reason: 'superseded', option: null };
}

/** Images that run, or that something which is applied starts from: never removed. */
function neededImages({ project, applied, others, instances, containers }: LeftoverFacts): Set<string> {
  return new Set([
    ...Object.values(applied?.functions ?? {}).map((item) => item.current.image),
    ...others.flatMap((other) => allReleases(other).map((release) => release.image)),
    ...instances.flatMap((instance) => instance.release?.image ?? []),
    // Containers get the labels of their image, those that somebody starts by hand too.
    ...containers
      .filter(({ labels }) => labels[LABELS.project] === project)
      .map(
        ({ labels }) => `faaso/${project}/${labels[LABELS.function] ?? ''}:${labels[LABELS.revision] ?? ''}`,
      ),
  ]);
}

function volumeLeftovers(facts: LeftoverFacts): Leftover[] {
  const { roots, files, usage, now } = facts;
  const named = namedVolumes(facts);
  return facts.volumes
    .filter((volume) => !volume.inUse && roots.has(volume.project.root))
    .flatMap(({ name, kind, volume, createdAt }): Leftover[] => {
      const common = {
        kind: 'volume',
        id: name,
        name,
        function: null,
        bytes: usage?.volumes[name] ?? 0,
      } as const;
      if (kind === 'secrets')
        return now - createdAt > SETTLED_MS ? [{ ...common, reason: 'instance-gone', option: null }] : [];
      if (files === undefined || named.has(volume)) return [];
      return [{ ...common, reason: 'not-named', option: '--volumes' }];
    });
}

/** Volumes that a file, a kept release or a container names. */
export function namedVolumes({ applied, others, files, instances }: LeftoverFacts): ReadonlySet<string> {
  const specs = [
    ...[applied, ...others].flatMap((state) => (state === undefined ? [] : allReleases(state))),
    ...instances.flatMap((instance) => instance.release ?? []),
  ].map((release) => release.spec);
  return new Set([...(files?.volumes ?? []), ...specs.flatMap((spec) => Object.keys(spec.volumes))]);
}

function allReleases(applied: Applied): readonly AppliedRelease[] {
  return Object.values(applied.functions).flatMap((item) => [item.current, ...item.earlier]);
}

function releasesOf(applied: Applied, name: FunctionName): readonly AppliedRelease[] {
  const known = applied.functions[name];
  return known === undefined ? [] : [known.current, ...known.earlier];
}
