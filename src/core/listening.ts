/** What the kernel says of listening sockets, in `/proc/net/tcp` and `/proc/net/tcp6`; described in proc(5). */

/** A TCP socket that takes connections. */
export interface ListeningSocket {
  /** As in `127.0.0.1`, `0.0.0.0`, `::`. */
  readonly address: string;
  readonly port: number;
  readonly inode: string;
}

/** State of a listening socket (`TCP_LISTEN`). */
const LISTEN = '0A';

/** The listening sockets of such a table, or of several behind each other. What is no row of it is passed over. */
export function listeningSockets(table: string): readonly ListeningSocket[] {
  return table.split('\n').flatMap(socketOf);
}

/** Whether packets from elsewhere never reach it. */
export function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1' || address.startsWith('::ffff:127.');
}

function socketOf(row: string): readonly ListeningSocket[] {
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
