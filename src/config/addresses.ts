import { isIP, isIPv4, isIPv6 } from 'node:net';
import { domainToASCII } from 'node:url';

import { quoted } from './source.ts';

/** A parsed value, or why there is none. `problem` continues a sentence that begins with the value. */
export type Parsed<Value> =
  { readonly value: Value } | { readonly problem: string; readonly suggestion?: string };

const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** A host as a request names it: lower case, without port; an IPv6 address in brackets. Names as in RFC 1123. */
export function parseHost(text: string): Parsed<string> {
  const lower = text.toLowerCase();
  const bare = lower.startsWith('[') && lower.endsWith(']') ? lower.slice(1, -1) : lower;
  if (isIPv6(bare)) return bare.includes('%') ? { problem: 'must have no zone' } : { value: `[${bare}]` };
  if (isIPv4(lower)) return { value: lower };
  if (lower.includes('*')) return { problem: 'has a wildcard, which is not supported by this version' };
  if (lower.includes('/')) return { problem: 'must be a host alone, without scheme and path' };
  const port = /^(.+):[0-9]+$/.exec(lower)?.[1];
  if (port !== undefined) return { problem: 'must be without port', suggestion: port };
  const name = lower.endsWith('.') ? lower.slice(0, -1) : lower;
  if (
    name.length <= 253 &&
    name.split('.').every((label) => LABEL.test(label)) &&
    !/(?:^|\.)[0-9]+$/.test(name)
  ) {
    return { value: name };
  }
  const ascii = domainToASCII(lower);
  const problem = 'is not a host name: letters, digits and "-" between dots';
  return ascii === '' || ascii === lower ? { problem } : { problem, suggestion: ascii };
}

/** The address that the router listens on: `host:port`. */
export function parseListen(text: string): Parsed<{ readonly host: string; readonly port: number }> {
  const match = /^(?<host>\[[^\]]*\]|[^:[\]]*):(?<port>[0-9]{1,5})$/.exec(text);
  const groups = match?.groups;
  if (groups === undefined) return { problem: 'must be an address and a port such as 127.0.0.1:8080' };
  const port = Number(groups['port']);
  if (port > 65_535) return { problem: 'has a port above 65535' };
  const host = groups['host'] ?? '';
  if (host === '' || host === '*') return { problem: 'names no address', suggestion: `0.0.0.0:${port}` };
  const parsed = parseHost(host);
  if ('problem' in parsed) return { problem: `has an address ${quoted(host)} that ${parsed.problem}` };
  return { value: { host: parsed.value.replace(/^\[|\]$/g, ''), port } };
}

/** The admin API of a Caddy on this host, as Caddy writes it: `127.0.0.1:2019`, or `unix/` and an absolute path. */
export function parseAdmin(text: string): Parsed<string> {
  if (text.startsWith('unix//')) return { value: text };
  const bare = text.replace(/^https?:\/\//, '').replace(/\/$/, '');
  const parsed = parseListen(bare);
  if ('problem' in parsed)
    return { problem: 'must be an address such as 127.0.0.1:2019, or unix//run/caddy/admin.sock' };
  const { host, port } = parsed.value;
  if (bare !== text) return { problem: 'must be without scheme', suggestion: bare };
  if (isLoopback(host)) return { value: text };
  if (host === '0.0.0.0' || host === '::')
    return { problem: 'names every address of this host', suggestion: `127.0.0.1:${port}` };
  return { problem: 'is not on this host: faaso says in files of this host where functions are' };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}

/** An address or CIDR range whose forwarding headers are believed; `undefined` when `text` is neither. */
export function isAddressRange(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0 || address.includes('%')) return false;
  return (
    bits === undefined || (/^(?:0|[1-9][0-9]{0,2})$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128))
  );
}
