import { dirname } from 'node:path';

import type { Finding } from '../../../core/finding.ts';
import { LABELS } from '../../../engine/labels.ts';
import { engineOrphans, fileOrphans, folderOrphans } from '../orphans.ts';
import type { EngineOrphans, Orphan } from '../orphans.ts';
import type { FormerVolume, Leftover } from '../../../core/disk.ts';
import { formerVolumes } from '../../former-volumes.ts';
import type { Check, DoctorContext, DoctorProject } from '../context.ts';
import { faasoCommand, NO_ENGINE, reporter } from '../context.ts';
import { line } from '../commands.ts';

const report = reporter('leftovers');
const SHOWN = 3;
const MOVED =
  'Where the folder of a project was moved: "faaso apply" in its new place takes them over; remove only what is of no use.';

const NONE: EngineOrphans = { left: [], serving: [] };

type Command = readonly [string, ...string[]];
/** In the order in which the engine lets go of them. */
const KINDS: readonly (readonly [Orphan['kind'], string, Command])[] = [
  ['container', 'container', ['docker', 'rm', '-f', '-v']],
  ['network', 'network', ['docker', 'network', 'rm']],
  ['volume', 'secret volume', ['docker', 'volume', 'rm']],
  ['image', 'image', ['docker', 'rmi']],
  ['folder', 'socket folder', ['rm', '-r']],
  ['file', 'half-written file', ['rm']],
];

/** Whether something that faaso made lies about and belongs to nothing. */
export const leftoversCheck: Check = {
  name: 'leftovers',
  async run(context) {
    const { host, engine, project, traces } = context;
    const found = await traces();
    const now = host.now();
    const roots = [
      ...(found?.containers ?? []).flatMap(({ labels }) => labels[LABELS.root] ?? []),
      ...(project === undefined ? [] : [project.root]),
    ];
    const name =
      (await project?.applied())?.name ?? (await project?.loaded().catch(() => undefined))?.project.name;
    const own = found === undefined ? undefined : await project?.prunable();
    const bases = [...new Set([...runBases(context), ...(await othersBases(context))])];
    const { left, serving } =
      found === undefined ? NONE : await engineOrphans({ engine, now, own: name, bases });
    const onDisk = await Promise.all([
      // Without the engine's labels nobody knows whose folders these are.
      ...(found === undefined ? [] : runBases(context).map((base) => folderOrphans(base, roots, now))),
      ...(project === undefined ? [] : [fileOrphans(project.paths.home, now)]),
    ]);
    const removed = own?.removed ?? [];
    // Paths are both's to find.
    const pruned = new Set(removed.map(({ id }) => id));
    const all = [...left, ...onDisk.flat()].filter((item) => !('path' in item) || !pruned.has(item.path));
    const former =
      found === undefined || project === undefined || name === undefined
        ? []
        : await formerVolumes(engine, { name, root: project.root });
    const renamed = (own?.kept ?? []).filter(({ reason }) => reason === 'former-name');
    if (all.length + removed.length + serving.length + former.length + renamed.length === 0) {
      return [found === undefined ? report('skipped', NO_ENGINE) : report('ok', 'nothing lies about')];
    }
    return [
      ...prunable(project, removed),
      ...stillServing(serving),
      ...former.map(renamedData),
      ...renamedImages(renamed),
      ...KINDS.flatMap(([kind, noun, command]) => {
        const these = all.filter((item) => item.kind === kind);
        return these.length === 0 ? [] : [finding(noun, command, these)];
      }),
    ];
  },
};

function runBases({ host, env, project }: DoctorContext): readonly string[] {
  const asked = env['XDG_RUNTIME_DIR'];
  const bases = [
    host.uid === 0 ? '/run/faaso' : `/tmp/faaso-${host.uid}`,
    ...(asked === undefined || asked === '' ? [] : [`${asked}/faaso`]),
    ...(project === undefined ? [] : [dirname(project.paths.run)]),
  ];
  return [...new Set(bases)];
}

/** Those of other users, as far as this one may look into them. */
async function othersBases({ host }: DoctorContext): Promise<readonly string[]> {
  const [sessions, temporary] = await Promise.all([host.names('/run/user'), host.names('/tmp')]);
  return [
    '/run/faaso',
    ...sessions.map((uid) => `/run/user/${uid}/faaso`),
    ...temporary.filter((name) => /^faaso-\d+$/.test(name)).map((name) => `/tmp/${name}`),
  ];
}

/** What a router leads to is no rubbish, even where its folder cannot be found. */
function stillServing(serving: readonly Orphan[]): readonly Finding[] {
  if (serving.length === 0) return [];
  const whys = [...new Set(serving.map(({ why }) => why))].join(', ');
  const commands = KINDS.flatMap(([kind, , [program, ...args]]) => {
    const these = serving.filter((item) => item.kind === kind);
    return these.length === 0 ? [] : [line(program, ...args, ...these.map(nameOf))];
  });
  const containers = serving.filter(({ kind }) => kind === 'container').length;
  const what =
    containers === 0
      ? 'a router still answers'
      : `${containers} ${containers === 1 ? 'container' : 'containers'} of a router that still answers`;
  return [
    report('warn', `${what}, and ${whys}`, {
      why: `Where the folder was moved, "faaso apply" in its new place takes everything over without a lost request. Only where it was removed for good: ${commands.join('; ')}`,
    }),
  ];
}

/** Data is nobody's to remove but its owner's. */
function renamedData({ name, project }: FormerVolume): Finding {
  return report('warn', `volume ${name} holds data from when the project's name was ${project}`, {
    why: `Volumes go by the project's name. "Rename" in the README says how to copy it; once nobody needs it: ${line('docker', 'volume', 'rm', name)}`,
  });
}

function renamedImages(images: readonly Leftover[]): readonly Finding[] {
  if (images.length === 0) return [];
  const shown = images.slice(0, SHOWN).map(({ name }) => name);
  const more = images.length > SHOWN ? ` and ${images.length - SHOWN} more` : '';
  const message = `images of this folder from when the project had another name: ${shown.join(', ')}${more}`;
  return [report('warn', message, { fix: [line('docker', 'rmi', ...images.map(({ id }) => id))] })];
}

function nameOf(item: Orphan): string {
  switch (item.kind) {
    case 'container':
    case 'network':
    case 'volume':
      return item.name;
    case 'image':
      return item.tag;
    case 'folder':
    case 'file':
      return item.path;
  }
}

/** What `faaso prune` takes away, which knows better than single commands what may go. */
function prunable(project: DoctorProject | undefined, removed: readonly Leftover[]): readonly Finding[] {
  if (project === undefined || removed.length === 0) return [];
  const shown = removed.slice(0, SHOWN).map(({ kind, name }) => `${kind} ${name}`);
  const more = removed.length > SHOWN ? ` and ${removed.length - SHOWN} more` : '';
  return [
    report('warn', `nothing of this project needs ${shown.join(', ')}${more}`, {
      fix: [faasoCommand(project, 'prune')],
    }),
  ];
}

function finding(noun: string, [program, ...args]: Command, these: readonly Orphan[]): Finding {
  const whys = new Set(these.map(({ why }) => why));
  const alike = whys.size === 1 ? `, ${[...whys].join('')}` : '';
  const shown = these
    .slice(0, SHOWN)
    .map((item) => (alike === '' ? `${nameOf(item)} (${item.why})` : nameOf(item)));
  const more = these.length > SHOWN ? ` and ${these.length - SHOWN} more` : '';
  const what = these.length === 1 ? noun : `${these.length} ${noun}s`;
  return report('warn', `${what} left: ${shown.join(', ')}${more}${alike}`, {
    ...(noun === 'container' ? { why: MOVED } : {}),
    fix: [line(program, ...args, ...these.map(nameOf))],
  });
}
