import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

import type { Check, DoctorProject } from '../context.ts';
import { reporter } from '../context.ts';
import { sudo, writeFile } from '../commands.ts';
import type { HostFacts } from '../host.ts';

const report = reporter('inotify');
const LIMITS = '/proc/sys/fs/inotify';
const FILE = '/etc/sysctl.d/60-faaso-inotify.conf';
const IGNORED = new Set(['.git', '.faaso', 'node_modules', '__pycache__', '.venv']);
/** More is not counted: no project needs it. */
const MOST = 200_000;
/** What desktop distributions set. */
const WATCHES = 524_288;
const INSTANCES = 512;

/** Whether `serve --watch` gets as many watches as the project has files and folders. */
export const inotifyCheck: Check = {
  name: 'inotify',
  async run({ host, project }) {
    const [watches, instances] = (
      await Promise.all(
        ['max_user_watches', 'max_user_instances'].map((name) => host.text(`${LIMITS}/${name}`)),
      )
    ).map(Number);
    if (watches === undefined || instances === undefined || Number.isNaN(watches + instances))
      return [report('skipped', `${LIMITS} cannot be read`)];
    const [used, needed] = await Promise.all([inUse(host), project === undefined ? 0 : need(project)]);
    const room = `${used.watches} of ${watches} watches and ${used.instances} of ${instances} instances in use`;
    const few = watches - used.watches < needed;
    const fewInstances = needed > 0 && instances - used.instances < 1;
    if (!few && !fewInstances)
      return [report('ok', `${room}${needed === 0 ? '' : `; this project takes ${needed}`}`)];
    const lines = [
      ...(few ? [`fs.inotify.max_user_watches=${raised(WATCHES, used.watches + needed)}`] : []),
      ...(fewInstances ? [`fs.inotify.max_user_instances=${raised(INSTANCES, used.instances + 1)}`] : []),
    ];
    return [
      report('warn', `${room}; this project takes ${needed}`, {
        why: 'Without them "serve --watch" looks at every file again and again instead: slower, and busy.',
        fix: [writeFile(host.uid, FILE, lines.join('\n')), sudo(host.uid, `sysctl -p ${FILE}`)],
      }),
    ];
  },
};

/** The least of `usual`, doubled as often as it takes, that leaves half of it free. */
function raised(usual: number, taken: number): number {
  let value = usual;
  while (value < 2 * taken) value *= 2;
  return value;
}

/** One watch for each file and folder that is watched; none more where a daemon watches already. */
async function need(project: DoctorProject): Promise<number> {
  const [daemon, loaded] = await Promise.all([
    project.daemon().catch(() => undefined),
    project.loaded().catch(() => undefined),
  ]);
  if (daemon?.watching === true || loaded === undefined) return 0;
  let found = 0;
  const walk = async (path: string): Promise<void> => {
    found += 1;
    const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      if (found > MOST || IGNORED.has(entry.name)) continue;
      if (entry.isDirectory()) await walk(join(path, entry.name));
      else found += 1;
    }
  };
  for (const path of loaded.watched) if (await stat(path).catch(() => undefined)) await walk(path);
  return found;
}

/** What this user's processes hold, as far as it is seen. */
async function inUse(host: HostFacts): Promise<{ watches: number; instances: number }> {
  const pids = (await host.names('/proc')).filter((name) => /^\d+$/.test(name));
  const counts = await Promise.all(pids.map((pid) => heldBy(host, pid)));
  const all = counts.flat();
  return { instances: all.length, watches: all.reduce((sum, each) => sum + each, 0) };
}

/** The watches of each inotify instance of a process of this user. */
async function heldBy(host: HostFacts, pid: string): Promise<number[]> {
  const fds = await host.names(`/proc/${pid}/fd`);
  const links = await Promise.all(fds.map((fd) => host.link(`/proc/${pid}/fd/${fd}`)));
  const own = fds.filter((_fd, index) => links[index] === 'anon_inode:inotify');
  if (own.length === 0) return [];
  const uid = /^Uid:\s+(\d+)/m.exec((await host.text(`/proc/${pid}/status`)) ?? '')?.[1];
  if (Number(uid) !== host.uid) return [];
  const infos = await Promise.all(own.map((fd) => host.text(`/proc/${pid}/fdinfo/${fd}`)));
  return infos.map((text) => text?.match(/^inotify wd:/gm)?.length ?? 0);
}
