import { readFile } from 'node:fs/promises';

const ESTABLISHED = '01';
const LOOPBACK = '0100007F';

/**
 * How many connections of this machine lead to a port on 127.0.0.1. Caddy does not tell how many requests are in flight
 * to one address when the address comes from a placeholder. The layout is described in proc(5) under `/proc/net/tcp`.
 */
export async function connectionsTo(port: number): Promise<number> {
  const remote = `${LOOPBACK}:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const text = await readFile('/proc/net/tcp', 'utf8');
  return text
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[2] === remote && fields[3] === ESTABLISHED).length;
}
