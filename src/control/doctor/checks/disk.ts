import { tmpdir } from 'node:os';

import type { Finding } from '../../../core/finding.ts';
import type { Check, DoctorContext } from '../context.ts';
import { faasoCommand, reporter } from '../context.ts';
import { line, sudo } from '../commands.ts';
import type { Space } from '../host.ts';

const report = reporter('disk');
const MB = 10 ** 6;
const GB = 10 ** 9;

/** What a place needs free. */
interface Place {
  readonly path: string;
  readonly failBytes: number;
  readonly warnBytes: number;
  /** What does not work when it is full. */
  readonly full: string;
}

/** Room on the file systems of the engine, the project and temporary files. */
export const diskCheck: Check = {
  name: 'disk',
  async run(context) {
    const { host, known, project } = context;
    const dataRoot = (await known())?.dataRoot;
    const places: readonly Place[] = [
      ...(dataRoot === undefined
        ? []
        : [{ path: dataRoot, failBytes: 2 * GB, warnBytes: 5 * GB, full: 'builds fail' }]),
      ...(project === undefined
        ? []
        : [{ path: project.root, failBytes: 20 * MB, warnBytes: 200 * MB, full: 'nothing can be applied' }]),
      { path: tmpdir(), failBytes: 20 * MB, warnBytes: 200 * MB, full: 'builds fail' },
    ];
    const spaces = await Promise.all(
      places.map(async (place) => ({ place, space: await host.space(place.path) })),
    );
    const findings: Finding[] = [];
    const good: string[] = [];
    const seen = new Set<number>();
    for (const { place, space } of spaces) {
      if (space === undefined) continue;
      const state = stateOf(space, place);
      if (state === 'ok') {
        // One line for each file system, however many of the places lie on it.
        if (!seen.has(space.device)) good.push(`${place.path} ${free(space)}`);
        seen.add(space.device);
        continue;
      }
      const isEngine = place.path === dataRoot;
      const few = isFewInodes(space) ? `, ${space.freeInodes} inodes left` : '';
      findings.push(
        report(
          state,
          `${place.path} ${percent(space)} % full (${size(space.freeBytes)} left${few}); ${consequence(state, place)}`,
          {
            ...(isEngine ? await engineFix(context) : { fix: [what(context, place.path)] }),
          },
        ),
      );
    }
    return findings.length > 0 ? findings : [report('ok', good.join(', '))];
  },
};

async function engineFix({
  project,
}: DoctorContext): Promise<{ readonly why?: string; readonly fix: readonly string[] }> {
  const others = ['docker system df', 'docker image prune'];
  const prunable = await project?.prunable();
  if (project === undefined || prunable === undefined || prunable.removed.length === 0)
    return { fix: others };
  return {
    why: `faaso prune frees ${size(prunable.freedBytes)} (${prunable.removed.length} things of this project that nothing needs).`,
    fix: [faasoCommand(project, 'prune'), ...others],
  };
}

/** The largest things below a folder, on its file system alone. */
function what({ host }: DoctorContext, path: string): string {
  return `${sudo(host.uid, line('du', '-xh', '--max-depth=2', path))} | sort -h | tail`;
}

function stateOf(space: Space, { failBytes, warnBytes }: Place): 'ok' | 'warn' | 'fail' {
  // A file system that is small as a whole is not full because of it.
  const small = (bytes: number): number => Math.min(bytes, space.bytes / 10);
  if (space.freeBytes < small(failBytes) || (isFewInodes(space) && space.freeInodes < 100)) return 'fail';
  return space.freeBytes < small(warnBytes) || isFewInodes(space) ? 'warn' : 'ok';
}

function isFewInodes({ inodes, freeInodes }: Space): boolean {
  return inodes > 0 && freeInodes < Math.min(10_000, inodes / 20);
}

function consequence(state: 'warn' | 'fail', { full }: Place): string {
  return state === 'fail' ? full : `soon ${full}`;
}

function free(space: Space): string {
  return `${percent(space)} % full (${size(space.freeBytes)} left)`;
}

/** As df says it: of what this user may fill. */
function percent({ usedBytes, freeBytes }: Space): number {
  return Math.ceil((100 * usedBytes) / Math.max(usedBytes + freeBytes, 1));
}

function size(bytes: number): string {
  return bytes >= GB ? `${(bytes / GB).toFixed(1)} GB` : `${Math.floor(bytes / MB)} MB`;
}
