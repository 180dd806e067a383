import { join } from 'node:path';

import type { Check, DoctorProject } from '../context.ts';
import { reporter, NO_PROJECT } from '../context.ts';
import { word } from '../../../core/command.ts';
import { line, sudo, writeFile } from '../commands.ts';
import type { HostFacts } from '../host.ts';

const report = reporter('boot');
const UNITS = '/etc/systemd/system';

/** Whether the functions come back by themselves when this machine has started. */
export const bootCheck: Check = {
  name: 'boot',
  async run({ host, project }) {
    if (project === undefined) return [report('skipped', NO_PROJECT)];
    const applied = await project.applied();
    if (applied === undefined) return [report('ok', 'nothing is applied that would have to come back')];
    if (!(await host.names('/run/systemd')).includes('system'))
      return [
        report('skipped', 'systemd does not run here: start "faaso serve" as this machine starts things'),
      ];
    const daemon = await project.daemon().catch(() => undefined);
    const unit = await unitOf(host, project.root);
    if (unit?.enabled === true) return [report('ok', `${unit.name} starts it`)];
    if (daemon?.mode === 'foreground' && unit === undefined)
      return [report('ok', 'it runs in a terminal, as for development')];
    const name = unit?.name ?? `faaso-${applied.name}.service`;
    return [
      report('warn', `nothing starts the functions of ${applied.name} when this machine starts`, {
        why: 'See "At boot" in the README. "faaso daemon stop" first, so that the service can take over.',
        fix: [
          ...(unit === undefined ? [writeFile(host.uid, join(UNITS, name), unitText(project))] : []),
          sudo(host.uid, line('systemctl', 'enable', name)),
        ],
      }),
    ];
  },
};

interface Unit {
  readonly name: string;
  readonly enabled: boolean;
}

/** The unit that serves the project. */
async function unitOf(host: HostFacts, root: string): Promise<Unit | undefined> {
  for (const name of await host.names(UNITS)) {
    if (!name.endsWith('.service')) continue;
    const text = (await host.text(join(UNITS, name))) ?? '';
    const serves = /^ExecStart=.*\bserve\b/m.test(text);
    const isHere = text.split(/[\s=]/).some((part) => part.replace(/(.)\/$/, '$1') === root);
    if (!serves || !isHere) continue;
    const wanted = await Promise.all(
      (await host.names(UNITS))
        .filter((folder) => folder.endsWith('.wants'))
        .map(async (folder) => (await host.names(join(UNITS, folder))).includes(name)),
    );
    return { name, enabled: wanted.includes(true) };
  }
  return undefined;
}

function unitText({ root }: DoctorProject): string {
  const program = process.argv[1] ?? 'faaso';
  return [
    '[Unit]',
    `Description=faaso in ${root}`,
    'Requires=docker.service',
    'After=docker.service network-online.target',
    '[Service]',
    `WorkingDirectory=${root}`,
    `ExecStart=${word(process.execPath)} ${word(program)} serve`,
    'Restart=always',
    'KillMode=process',
    '[Install]',
    'WantedBy=multi-user.target',
  ].join('\n');
}
