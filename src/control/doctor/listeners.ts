import { listeningSockets } from '../../core/listening.ts';
import type { HostFacts } from './host.ts';

/** A program that listens on a TCP port of this machine. */
export interface Listener {
  /** As in `127.0.0.1`, `0.0.0.0`, `::`. */
  readonly address: string;
  readonly port: number;
  /** Absent where this user may not see whose it is. */
  readonly process?: Process;
}

export interface Process {
  readonly pid: number;
  readonly name: string;
  readonly argv: readonly string[];
}

/** Everything that listens for TCP on this machine, by port. Connects to nothing. */
export async function listeners(host: HostFacts): Promise<readonly Listener[]> {
  const tables = await Promise.all(['/proc/net/tcp', '/proc/net/tcp6'].map((path) => host.text(path)));
  const sockets = tables.flatMap((text) => listeningSockets(text ?? ''));
  const owners = await ownersOf(host, new Set(sockets.map(({ inode }) => inode)));
  return sockets
    .map(({ address, port, inode }): Listener => {
      const owner = owners.get(inode);
      return { address, port, ...(owner === undefined ? {} : { process: owner }) };
    })
    .sort((a, b) => a.port - b.port || a.address.localeCompare(b.address));
}

/** `nginx (pid 12)`, or what is known. */
export function named(listener: Listener): string {
  return listener.process === undefined
    ? "another user's process"
    : `${listener.process.name} (pid ${listener.process.pid})`;
}

/** The processes that hold sockets, by inode. */
async function ownersOf(host: HostFacts, inodes: ReadonlySet<string>): Promise<ReadonlyMap<string, Process>> {
  const owners = new Map<string, Process>();
  const pids = (await host.names('/proc')).filter((name) => /^\d+$/.test(name));
  await Promise.all(
    pids.map(async (pid) => {
      const links = await Promise.all(
        (await host.names(`/proc/${pid}/fd`)).map((fd) => host.link(`/proc/${pid}/fd/${fd}`)),
      );
      const held = links
        .map((link) => /^socket:\[(\d+)\]$/.exec(link ?? '')?.[1])
        .filter((inode) => inode !== undefined && inodes.has(inode));
      if (held.length === 0) return;
      const owner = await processOf(host, Number(pid));
      // A socket that a parent hands to its children counts as the parent's.
      for (const inode of held) {
        const known = owners.get(inode ?? '');
        if (known === undefined || known.pid > owner.pid) owners.set(inode ?? '', owner);
      }
    }),
  );
  return owners;
}

/** A process by its id. */
export async function processOf(host: HostFacts, pid: number): Promise<Process> {
  const [name, argv] = await Promise.all([host.text(`/proc/${pid}/comm`), host.text(`/proc/${pid}/cmdline`)]);
  return { pid, name: name?.trim() ?? 'a process', argv: (argv ?? '').split('\0').filter(Boolean) };
}
