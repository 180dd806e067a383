import { isIP } from 'node:net';
import type { BlockList } from 'node:net';
import { hostname } from 'node:os';

import { hostName } from '../../table.ts';

/** An address that stands for "nobody knows": never this machine's, never trusted. */
const UNKNOWN = 'unknown';

/** Headers by which a proxy says that it passes on somebody else's request. */
const FORWARDING = ['x-forwarded-for', 'forwarded', 'x-real-ip', 'x-forwarded-host', 'via'] as const;

const OWN_NAME = hostname().toLowerCase();

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * The address of whoever asked: that of the connection, or behind trusted proxies the last one in `X-Forwarded-For` that
 * is not theirs; what stands before it could have been made up.
 */
export function clientAddress(peer: string, headers: Headers, trust: BlockList | undefined): string {
  if (trust === undefined || !isTrusted(peer, trust)) return peer;
  const given = headers['x-forwarded-for'];
  if (typeof given !== 'string') return peer;
  let client = peer;
  for (const item of given.split(',').toReversed()) {
    client = bareAddress(item.trim());
    if (client === UNKNOWN || !isTrusted(client, trust)) return client;
  }
  return client;
}

/**
 * Whether a request comes from this machine. One that a proxy on this machine passed on, without being trusted, comes
 * from wherever the proxy got it. One for a name that is not this machine's nor the route's own, `host`, is a page's of
 * that name, which a browser here was led to believe to lie here (DNS rebinding).
 */
export function isLocal(
  peer: string,
  headers: Headers,
  trust: BlockList | undefined,
  host?: string,
): boolean {
  const isPassedOn = FORWARDING.some((name) => headers[name] !== undefined);
  const isBelieved = trust !== undefined && isTrusted(peer, trust);
  if (isPassedOn && !isBelieved) return false;
  // A trusted proxy that does not say for whom it asks could ask for anybody.
  if (isPassedOn && headers['x-forwarded-for'] === undefined) return false;
  if (!isPassedOn && !isOwnName(hostName(textOf(headers['host'])), host)) return false;
  return isLoopback(clientAddress(peer, headers, trust));
}

function isOwnName(name: string, host: string | undefined): boolean {
  if (name === '' || name === 'localhost' || name.endsWith('.localhost')) return true;
  return name === host || name === OWN_NAME || isIP(name.replace(/^\[(.*)\]$/, '$1')) !== 0;
}

function textOf(header: string | readonly string[] | undefined): string {
  return typeof header === 'string' ? header : '';
}

export function isLoopback(address: string): boolean {
  return address === '::1' || /^127\.\d+\.\d+\.\d+$/.test(address);
}

/** Whose requests count together: an address; of IPv6 the network of 64 bits, as one host has all of it. */
export function countedAs(address: string): string {
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros =
    tail === undefined ? [] : Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0');
  return [...left, ...zeros, ...right]
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':');
}

function isTrusted(address: string, trust: BlockList): boolean {
  return isIP(address) !== 0 && trust.check(address, address.includes(':') ? 'ipv6' : 'ipv4');
}

/** Without the port that some proxies add; an IPv4 address also when it is written as one of IPv6. */
function bareAddress(text: string): string {
  const bracketed = /^\[([^\]]+)\](?::\d+)?$/.exec(text)?.[1];
  const address = bracketed ?? (/^[^:]+:\d+$/.test(text) ? text.slice(0, text.indexOf(':')) : text);
  if (isIP(address) === 0 || address.includes('%')) return UNKNOWN;
  const lower = address.toLowerCase();
  return lower.startsWith('::ffff:') && isIP(lower.slice(7)) === 4 ? lower.slice(7) : lower;
}
