import type { Caller } from '../protect/authenticate.ts';
import { mayBeNominated, requestHeaderRule } from './header-rules.ts';

/** What is needed to write the head of the request to a function. */
export interface RequestHeadInput {
  readonly method: string;
  /** Path and query for the function. */
  readonly target: string;
  /** Flat pairs as received. */
  readonly rawHeaders: readonly string[];
  /** Host with port, of the target or the `Host` header; empty when the client named none. */
  readonly authority: string;
  readonly requestId: string;
  /** `traceparent` for the function. */
  readonly trace: string;
  /** The client's `tracestate` belongs to {@link trace}. */
  readonly keepsTraceState: boolean;
  /** Who calls, where the route asks for it, and the header that proved it, which is not passed on. */
  readonly caller: Caller | undefined;
  readonly timeoutMs: number;
  /** Address of the client's connection. */
  readonly peer: string;
  readonly trusted: boolean;
  /** The prefix that was stripped; empty when none was. */
  readonly prefix: string;
  readonly chunked: boolean;
  readonly expectContinue: boolean;
  /** `Upgrade` value to ask for. */
  readonly upgrade: string | undefined;
}

/** Writes the head: the client's headers in their order and case, then the router's own. For latin-1. */
export function requestHead(input: RequestHeadInput): string {
  const { rawHeaders, trusted } = input;
  let passed = '';
  let nominated: string[] | undefined;
  let forwardedFor = '';
  let proto = 'http';
  let host = input.authority;
  let prefix = '';
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? '';
    const value = rawHeaders[i + 1] ?? '';
    switch (requestHeaderRule(name)) {
      case 'pass':
        passed += `${name}: ${value}\r\n`;
        break;
      case 'connection':
        nominated = nominations(value, nominated);
        break;
      case 'trusted-only':
        if (trusted) passed += `${name}: ${value}\r\n`;
        break;
      case 'forwarded-for':
        if (trusted && value !== '') forwardedFor += `${value}, `;
        break;
      case 'forwarded-proto':
        if (trusted && value !== '') proto = value;
        break;
      case 'forwarded-host':
        if (trusted && value !== '') host = value;
        break;
      case 'forwarded-prefix':
        if (trusted) prefix = value.endsWith('/') ? value.slice(0, -1) : value;
        break;
      case 'trailer':
        if (input.chunked) passed += `${name}: ${value}\r\n`;
        break;
      case 'trace-state':
        if (input.keepsTraceState) passed += `${name}: ${value}\r\n`;
        break;
      case 'host':
      case 'trace':
      case 'drop':
        break;
    }
  }
  if (input.caller !== undefined) (nominated ??= []).push(input.caller.header);
  if (nominated !== undefined) passed = without(passed, nominated);
  const wholePrefix = prefix + input.prefix;
  return (
    `${input.method} ${input.target} HTTP/1.1\r\n` +
    `Host: ${input.authority === '' ? 'localhost' : input.authority}\r\n${passed}` +
    `X-Forwarded-For: ${forwardedFor}${input.peer}\r\nX-Forwarded-Proto: ${proto}\r\n` +
    (host === '' ? '' : `X-Forwarded-Host: ${host}\r\n`) +
    (wholePrefix === '' ? '' : `X-Forwarded-Prefix: ${wholePrefix}\r\n`) +
    `X-Request-Id: ${input.requestId}\r\ntraceparent: ${input.trace}\r\n` +
    `X-Faaso-Timeout-Ms: ${input.timeoutMs}\r\n` +
    (input.caller === undefined ? '' : `X-Faaso-Client: ${input.caller.name}\r\n`) +
    (input.chunked ? 'Transfer-Encoding: chunked\r\n' : '') +
    (input.expectContinue ? 'Expect: 100-continue\r\n' : '') +
    (input.upgrade === undefined ? '' : `Connection: Upgrade\r\nUpgrade: ${input.upgrade}\r\n`) +
    '\r\n'
  );
}

function nominations(value: string, before: string[] | undefined): string[] | undefined {
  // The common values name no header.
  if (value === 'keep-alive' || value === 'close') return before;
  let names = before;
  for (const token of value.split(',')) {
    const lower = token.trim().toLowerCase();
    if (lower !== '' && lower !== 'close' && mayBeNominated(lower)) (names ??= []).push(lower);
  }
  return names;
}

function without(lines: string, names: readonly string[]): string {
  return lines
    .split('\r\n')
    .filter((line) => !names.includes(line.slice(0, line.indexOf(':')).toLowerCase()))
    .join('\r\n');
}
