import { readFile } from 'node:fs/promises';

import type { Finding } from '../../../core/finding.ts';
import type { PortRange } from '../../../core/specs.ts';
import { LABELS } from '../../../engine/labels.ts';
import type { Check, DoctorContext, DoctorProject } from '../context.ts';
import { faasoCommand, reporter, NO_PROJECT } from '../context.ts';
import { word } from '../../../core/command.ts';
import { line, sudo, writeFile } from '../commands.ts';
import { named } from '../listeners.ts';
import type { Listener } from '../listeners.ts';

const report = reporter('ports');
const EPHEMERAL = '/proc/sys/net/ipv4/ip_local_port_range';
const RESERVED = '/proc/sys/net/ipv4/ip_local_reserved_ports';
const FILE = '/etc/sysctl.d/60-faaso-ports.conf';
const SHOWN = 3;

/** Whether the host ports of the project's instances are free, of other programs and of the kernel's own use. */
export const portsCheck: Check = {
  name: 'ports',
  async run(context) {
    const { project } = context;
    if (project === undefined) return [report('skipped', NO_PROJECT)];
    const range = await rangeOf(project);
    if (range === undefined) return [report('skipped', 'functions.yml is not valid')];
    const [ephemeral, foreign] = await Promise.all([overlap(context, range), held(context, project, range)]);
    const found = [...ephemeral, ...foreign.findings];
    if (found.length > 0) return found;
    return [report('ok', `${shown(range)} free, ${foreign.ours} in use by functions`)];
  },
};

async function rangeOf(project: DoctorProject): Promise<PortRange | undefined> {
  const loaded = await project.loaded().catch(() => undefined);
  return loaded?.project.ports ?? (await project.applied())?.ports;
}

async function held(
  { traces, listeners }: DoctorContext,
  project: DoctorProject,
  range: PortRange,
): Promise<{ readonly ours: number; readonly findings: readonly Finding[] }> {
  const [found, all] = await Promise.all([traces(), listeners()]);
  const ours = new Set((found?.containers ?? []).map(({ labels }) => Number(labels[LABELS.port])));
  const inside = all.filter(({ port }) => port >= range.first && port <= range.last);
  // Who cannot ask the engine cannot tell its listeners from others.
  const foreign = found === undefined ? [] : inside.filter(({ port }) => !ours.has(port));
  const own = [...ours].filter((port) => port >= range.first && port <= range.last).length;
  if (foreign.length === 0) return { ours: own, findings: [] };
  const taken = new Set(foreign.map(({ port }) => port));
  const left = range.last - range.first + 1 - taken.size - own;
  const who = foreign.slice(0, SHOWN).map((each) => `${each.port} by ${named(each)}`);
  const more = foreign.length > SHOWN ? ` and ${foreign.length - SHOWN} more` : '';
  const finding = report(
    left <= 0 ? 'fail' : 'warn',
    `held in ${shown(range)} by other programs: ${who.join(', ')}${more}`,
    {
      why:
        left <= 0
          ? 'No port is left: no function can be started.'
          : 'They are passed over. Another range keeps out of their way:',
      fix: await moveCommands(project, range, freeRange(range, all)),
    },
  );
  return { ours: own, findings: [finding] };
}

/** The kernel gives ports of its ephemeral range to outgoing connections, unless they are reserved. */
async function overlap({ host }: DoctorContext, range: PortRange): Promise<readonly Finding[]> {
  const [from, to] = ((await host.text(EPHEMERAL)) ?? '').trim().split(/\s+/).map(Number);
  if (from === undefined || to === undefined) return [];
  const first = Math.max(range.first, from);
  const last = Math.min(range.last, to);
  if (first > last) return [];
  const reserved = (await host.text(RESERVED))?.trim() ?? '';
  if (covers(reserved, first, last)) return [];
  const value = [...(reserved === '' ? [] : [reserved]), shown({ first, last })].join(',');
  return [
    report(
      'warn',
      `${shown(range)} overlaps ${from}-${to}, from which the kernel takes ports for outgoing connections`,
      {
        why: 'A function fails to start when its port is just in use by one.',
        fix: [
          writeFile(host.uid, FILE, `net.ipv4.ip_local_reserved_ports=${value}`),
          sudo(host.uid, `sysctl -p ${FILE}`),
        ],
      },
    ),
  ];
}

function covers(reserved: string, first: number, last: number): boolean {
  const ranges = reserved
    .split(',')
    .map((part) => part.split('-').map(Number))
    .map(([from = 0, to = from]) => ({ from, to }))
    .sort((a, b) => a.from - b.from);
  let next = first;
  for (const { from, to } of ranges) if (from <= next && to >= next) next = to + 1;
  return next > last;
}

/** A range of the same length in which nobody listens, below what kernels use themselves. */
function freeRange(range: PortRange, all: readonly Listener[]): PortRange | undefined {
  const length = range.last - range.first;
  for (let first = 20_000; first + length < 32_768; first += 1000) {
    const last = first + length;
    const isFree = all.every(({ port }) => port < first || port > last);
    if (isFree && (first > range.last || last < range.first)) return { first, last };
  }
  return undefined;
}

/** The commands that change the key in functions.yml; none where it is not a line of its own. */
async function moveCommands(
  project: DoctorProject,
  from: PortRange,
  to: PortRange | undefined,
): Promise<readonly string[]> {
  if (to === undefined) return [];
  const text = await readFile(project.file, 'utf8').catch(() => '');
  const apply = faasoCommand(project, 'apply');
  const pattern = new RegExp(`^(\\s*"?ports"?: *["']?)${shown(from)}`, 'm');
  if (pattern.test(text))
    return [line('sed', '-i', `/ports/s/${shown(from)}/${shown(to)}/`, project.file), apply];
  if (!/ports/.test(text) && !text.trimStart().startsWith('{'))
    return [`echo ${word(`ports: ${shown(to)}`)} >> ${word(project.file)}`, apply];
  return [];
}

function shown({ first, last }: PortRange): string {
  return `${first}-${last}`;
}
