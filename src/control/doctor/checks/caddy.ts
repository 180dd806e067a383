import type { Finding } from '../../../core/finding.ts';
import type { RouterSettings } from '../../../core/specs.ts';
import { caddyOf } from '../../../faaso.ts';
import type { CaddyFacts } from '../../../faaso.ts';
import type { Check, DoctorProject } from '../context.ts';
import { reporter, NO_PROJECT } from '../context.ts';
import { line, sudo } from '../commands.ts';
import type { HostFacts } from '../host.ts';
import { named } from '../listeners.ts';
import type { Listener } from '../listeners.ts';
import { meets, moveCommands } from './router.ts';

const report = reporter('caddy');

/** Whether the Caddy that faaso starts is there, and its folders are as it needs them. */
export const caddyCheck: Check = {
  name: 'caddy',
  async run({ host, env, listeners, project }) {
    if (project === undefined) return [report('skipped', NO_PROJECT)];
    const settings =
      (await project.applied())?.router ?? (await project.loaded().catch(() => undefined))?.project.router;
    if (settings?.kind !== 'caddy') return [report('ok', "the router is faaso's own")];
    if (settings.admin !== undefined)
      return [report('ok', `is one of your own, at ${settings.admin}: see the router`)];
    const facts = await caddyOf(project.paths, env);
    // An error says why there is no program to start.
    const { path, version } = await facts.program();
    const findings = [
      ...foldersFindings(host, facts),
      ...(await httpsFindings(project, settings, facts, await listeners())),
    ];
    if (findings.length > 0) return findings;
    const runs = facts.pid === undefined ? 'does not run' : `pid ${facts.pid}`;
    return [report('ok', `${version} at ${path}, ${runs}`)];
  },
};

type Misfit = CaddyFacts['misfits'][number];

function foldersFindings({ uid }: HostFacts, { misfits, storage }: CaddyFacts): readonly Finding[] {
  const [first] = misfits;
  if (first === undefined) return [];
  const { path, found } = first;
  const more = misfits.length > 1 ? ` (and ${misfits.length - 1} more)` : '';
  const what = hasOwner(first)
    ? `has mode ${octal(found.mode)} instead of ${octal(first.mode)}`
    : `belongs to ${found.uid}:${found.gid} instead of ${owner(first)}`;
  return [
    report('fail', `${path} ${what}${more}`, {
      why: 'Caddy, which root starts as a user of its own, cannot do its work. A daemon that runs puts most of it right.',
      fix: [...new Set(misfits.flatMap((misfit) => mending(misfit, storage)))].map((command) =>
        sudo(uid, command),
      ),
    }),
  ];
}

/** Whether somebody else has the address for HTTPS; that for plain HTTP is the router check's. */
async function httpsFindings(
  project: DoctorProject,
  { https }: RouterSettings,
  { pid }: CaddyFacts,
  all: readonly Listener[],
): Promise<readonly Finding[]> {
  if (https === undefined) return [];
  const foreign = all.find(
    (each) =>
      each.port === https.port &&
      meets(each, https) &&
      each.process?.pid !== pid &&
      // One that this user may not see into holds its address itself.
      !(each.process === undefined && pid !== undefined),
  );
  if (foreign === undefined) return [];
  return [
    report('fail', `${https.host}:${https.port}, for HTTPS, is held by ${named(foreign)}`, {
      why: 'End that program, or give router.https.listen another address:',
      fix: await moveCommands(project, https, all),
    }),
  ];
}

function mending(misfit: Misfit, storage: string): readonly string[] {
  const { path, found, mode } = misfit;
  const isKept = path === storage || path.startsWith(`${storage}/`);
  const own = isKept ? line('chown', '-R', owner(misfit), storage) : line('chown', owner(misfit), path);
  return [
    ...(hasOwner(misfit) ? [] : [own]),
    ...((found.mode & 0o777) === mode ? [] : [line('chmod', octal(mode), path)]),
  ];
}

function hasOwner({ uid, gid, found }: Misfit): boolean {
  return found.uid === uid && (gid === undefined || found.gid === gid);
}

function owner({ uid, gid, found }: Misfit): string {
  return `${uid}:${gid ?? found.gid}`;
}

function octal(mode: number): string {
  return (mode & 0o777).toString(8);
}
