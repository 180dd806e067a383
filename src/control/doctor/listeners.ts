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

/** State of a listening socket in `/proc/net/tcp` (`TCP_LISTEN`), described in proc(5). */
const LISTEN = '0A';

/** Everything that listens for TCP on this machine, by port. Connects to nothing. */
export async function listeners(host: HostFacts): Promise<readonly Listener[]> {
  const tables = await Promise.all(['/proc/net/tcp', '/proc/net/tcp6'].map((path) => host.text(path)));
  const sockets = tables.flatMap((text) => (text ?? '').split('\n').slice(1).flatMap(socketOf));
  const owners = await ownersOf(host, new Set(sockets.map(({ inode }) => inode)));
  return sockets
    .map(({ address, port, inode }): Listener => {
      const owner = owners.get(inode);
      return { address, port, ...(owner === undefined ? {} : { process: owner }) };
    })
    .sort((a, b) => a.port - b.port || a.address.localeCompare(b.address));
}

/** Whether packets from elsewhere never reach it. */
export function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1' || address.startsWith('::ffff:127.');
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

function socketOf(row: string): { address: string; port: number; inode: string }[] {
  const fields = row.trim().split(/\s+/);
  const [address = '', port = ''] = fields[1]?.split(':') ?? [];
  const inode = fields[9];
  if (fields[3] !== LISTEN || inode === undefined) return [];
  return [{ address: addressOf(address), port: Number.parseInt(port, 16), inode }];
}

/** The kernel writes each group of four bytes as a number of this machine: little-endian on all that Node runs on. */
function addressOf(hex: string): string {
  const bytes = [...Buffer.from(hex, 'hex')];
  const ordered = Array.from({ length: bytes.length / 4 }, (_, group) =>
    bytes.slice(group * 4, group * 4 + 4).reverse(),
  ).flat();
  if (ordered.length === 4) return ordered.join('.');
  const groups = Array.from({ length: 8 }, (_, index) =>
    (((ordered[index * 2] ?? 0) << 8) | (ordered[index * 2 + 1] ?? 0)).toString(16),
  );
  if (ordered.slice(0, 10).every((byte) => byte === 0) && ordered[10] === 255)
    return `::ffff:${ordered.slice(12).join('.')}`;
  return groups
    .join(':')
    .replace(/\b(?:0:)+0\b|^(?:0:)+/, '::')
    .replace(/:{3,}/, '::');
}
