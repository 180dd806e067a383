import { canonicalJson, hashOf } from '../core/hash.ts';
import type { FunctionName, Revision } from '../core/names.ts';
import { isName, parseFunctionName, parseRevision } from '../core/names.ts';
import type { ProjectIdentity } from '../core/specs.ts';
import type { Instance } from '../core/state.ts';
import type { InstanceIdentity, Selector, StartRequest, VolumeSummary } from './engine.ts';
import { decodeRelease } from './release-label.ts';

/** Every label that faaso writes. An object without `managed` is never touched. */
export const LABELS = {
  managed: 'faaso.managed',
  project: 'faaso.project',
  root: 'faaso.root',
  function: 'faaso.function',
  revision: 'faaso.revision',
  spec: 'faaso.spec',
  port: 'faaso.port',
  release: 'faaso.release',
  /** On instances only, and only where it is not `serve`. */
  purpose: 'faaso.purpose',
  /** On volumes that functions.yml names: that name. */
  volume: 'faaso.volume',
  /** `true` on the volumes of secrets. */
  secrets: 'faaso.secrets',
  /** `true` on containers that only fill volumes. They are never started, and are no instances. */
  helper: 'faaso.helper',
} as const;

export type Labels = Readonly<Record<string, string>>;

/** Labels of what belongs to a project as a whole, as its network does. */
export function projectLabels(project: ProjectIdentity): Labels {
  return { [LABELS.managed]: 'true', [LABELS.project]: project.name, [LABELS.root]: project.root };
}

/** Labels of an image that was built for a function. */
export function imageLabels(project: ProjectIdentity, name: FunctionName, revision: Revision): Labels {
  return { ...projectLabels(project), [LABELS.function]: name, [LABELS.revision]: revision };
}

/** Labels of a container; they hold all that is needed to rebuild the applied state from the engine. */
export function instanceLabels({ project, release, port, purpose = 'serve' }: StartRequest): Labels {
  return {
    ...imageLabels(project, release.function, release.revision),
    [LABELS.spec]: release.specHash,
    [LABELS.port]: String(port),
    [LABELS.release]: canonicalJson(release),
    ...(purpose === 'serve' ? {} : { [LABELS.purpose]: purpose }),
  };
}

/** Labels of a volume that functions.yml names. */
export function volumeLabels(project: ProjectIdentity, volume: string): Labels {
  return { ...projectLabels(project), [LABELS.volume]: volume };
}

/** Labels of the volume that holds the secrets of one instance. */
export function secretsLabels(project: ProjectIdentity, name: FunctionName): Labels {
  return { ...projectLabels(project), [LABELS.function]: name, [LABELS.secrets]: 'true' };
}

/** Labels of a container that fills volumes for an instance. */
export function helperLabels(project: ProjectIdentity, name: FunctionName): Labels {
  return { ...projectLabels(project), [LABELS.function]: name, [LABELS.helper]: 'true' };
}

/** What a volume's labels say of it; `undefined` when it is none of ours. */
export function parseVolumeLabels(
  labels: Labels,
): Pick<VolumeSummary, 'project' | 'kind' | 'volume'> | undefined {
  const name = labels[LABELS.project] ?? '';
  const root = labels[LABELS.root];
  if (!isManaged(labels) || !isName(name) || root === undefined) return undefined;
  const project = { name, root };
  if (labels[LABELS.secrets] === 'true') return { project, kind: 'secrets', volume: '' };
  const volume = labels[LABELS.volume];
  return volume === undefined ? undefined : { project, kind: 'data', volume };
}

/** Whether the labels say that faaso made the thing. */
export function isManaged(labels: Labels): boolean {
  return labels[LABELS.managed] === 'true';
}

/** `key=value` pairs that select what is managed by faaso and matches the selector. */
export function selectorPairs(selector: Selector): readonly string[] {
  return [
    `${LABELS.managed}=true`,
    ...(selector.project === undefined ? [] : [`${LABELS.project}=${selector.project}`]),
    ...(selector.root === undefined ? [] : [`${LABELS.root}=${selector.root}`]),
    ...(selector.function === undefined ? [] : [`${LABELS.function}=${selector.function}`]),
  ];
}

/** Whether labels match the selector. */
export function matches(labels: Labels, selector: Selector): boolean {
  return (
    isManaged(labels) &&
    (selector.project === undefined || labels[LABELS.project] === selector.project) &&
    (selector.root === undefined || labels[LABELS.root] === selector.root) &&
    (selector.function === undefined || labels[LABELS.function] === selector.function)
  );
}

/** Whose container this is; `undefined` when the labels are not those of an instance. */
export function ownerOf(labels: Labels): Pick<Instance, 'project' | 'function'> | undefined {
  const name = labels[LABELS.project] ?? '';
  const root = labels[LABELS.root];
  const owner = parseFunctionName(labels[LABELS.function] ?? '');
  if (!isManaged(labels) || labels[LABELS.helper] !== undefined) return undefined;
  if (!isName(name) || root === undefined || owner === undefined) return undefined;
  return { project: { name, root }, function: owner };
}

/** Reads {@link instanceLabels} back; `undefined` when one that identifies the instance is missing or broken. */
export function parseInstanceLabels(labels: Labels): InstanceIdentity | undefined {
  const owner = ownerOf(labels);
  const revision = parseRevision(labels[LABELS.revision] ?? '');
  const specHash = labels[LABELS.spec];
  const port = parsePort(labels[LABELS.port] ?? '');
  if (owner === undefined || revision === undefined || specHash === undefined || port === undefined)
    return undefined;
  const release = decodeRelease(labels[LABELS.release] ?? '');
  const purpose = labels[LABELS.purpose] === 'test' ? 'test' : 'serve';
  return { ...owner, purpose, revision, specHash, port, ...(release === undefined ? {} : { release }) };
}

/** How many names {@link instanceName} is asked for when those before are taken. */
export const NAME_ATTEMPTS = 50;

/** `faaso-<project>-<function>-<hash8>[-attempt]`: the engine itself then refuses a second start of the same thing. */
export function instanceName({ project, release, attempt }: StartRequest): string {
  const hash = hashOf([release.revision, release.specHash]).slice(0, 8);
  return `faaso-${project.name}-${release.function}-${hash}${attempt === 0 ? '' : `-${attempt}`}`;
}

/** The name of a project's network. */
export function networkName(project: ProjectIdentity): string {
  return `faaso-${project.name}`;
}

/** The engine's name of a volume that functions.yml names. */
export function volumeName(project: ProjectIdentity, volume: string): string {
  return `faaso-${project.name}-${volume}`;
}

function parsePort(text: string): number | undefined {
  const port = /^[1-9]\d{0,4}$/.test(text) ? Number(text) : 0;
  return port >= 1 && port <= 65535 ? port : undefined;
}
