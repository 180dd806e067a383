import type { IncomingMessage } from 'node:http';

import type { AccessLine } from '../../../core/access.ts';
import type { ServedRoute } from '../proxy/core.ts';
import type { Problem, WireProblem } from '../proxy/problem.ts';

export interface AccessFacts {
  readonly requestId: string;
  readonly req: IncomingMessage;
  readonly route: ServedRoute | undefined;
  readonly client: string;
  readonly status: number;
  readonly error: string | undefined;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly durationMs: number;
  readonly upstreamMs: number | undefined;
  /** Whether the request went to the route's instance. */
  readonly wasAsked: boolean;
  readonly trace: string | undefined;
  readonly caller: string | undefined;
}

/** Longer texts are cut: a line must not grow with what a client sends. */
const LONGEST = 512;

/** One line, with its end. Of the target only the path: a query may hold secrets. */
export function accessLine(facts: AccessFacts): string {
  const { req, route } = facts;
  const line: AccessLine = {
    time: new Date().toISOString(),
    request_id: facts.requestId,
    client: facts.client,
    method: req.method ?? '',
    host: cut(withoutUser(req.headers.host ?? '')),
    path: cut(pathOf(req.url ?? '')),
    protocol: `HTTP/${req.httpVersion}`,
    route: route === undefined ? null : `${route.host ?? ''}${route.path}`,
    function: route?.function ?? null,
    instance: facts.wasAsked && route?.target.kind === 'instance' ? route.target.instance.slice(0, 12) : null,
    status: facts.status,
    error: facts.error ?? null,
    bytes_in: facts.bytesIn,
    bytes_out: facts.bytesOut,
    duration_ms: milliseconds(facts.durationMs),
    upstream_ms: facts.upstreamMs === undefined ? null : milliseconds(facts.upstreamMs),
    user_agent: cut(req.headers['user-agent'] ?? ''),
    trace_id: facts.trace?.slice(3, 35) ?? null,
    auth: facts.caller ?? null,
  };
  return `${JSON.stringify(line)}\n`;
}

/** What was no request, and has an answer all the same. */
interface BrokenFacts {
  readonly requestId: string;
  readonly client: string;
  readonly problem: Problem;
  readonly answer: WireProblem;
}

/** {@link accessLine} of what could not be read. */
export function brokenLine({ requestId, client, problem, answer }: BrokenFacts): string {
  const line: AccessLine = {
    time: new Date().toISOString(),
    request_id: requestId,
    client,
    method: '',
    host: '',
    path: '',
    protocol: '',
    route: null,
    function: null,
    instance: null,
    status: answer.status,
    error: problem.code,
    bytes_in: 0,
    bytes_out: Buffer.byteLength(answer.body),
    duration_ms: 0,
    upstream_ms: null,
    user_agent: '',
    trace_id: null,
    auth: null,
  };
  return `${JSON.stringify(line)}\n`;
}

/** Of a target that is refused for its user or fragment they are left out too: both may be secrets. */
export function pathOf(target: string): string {
  return withoutUser(/^[^?#]*/.exec(target)?.[0] ?? '');
}

/** Of an authority, or of a target in absolute form. */
function withoutUser(text: string): string {
  const [scheme = ''] = /^[a-z][a-z\d+.-]*:\/\//i.exec(text) ?? [];
  const rest = text.slice(scheme.length);
  const end = scheme === '' && rest.startsWith('/') ? 0 : (/^[^/]*/.exec(rest)?.[0].length ?? 0);
  return scheme + rest.slice(rest.lastIndexOf('@', end) + 1);
}

function cut(text: string): string {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST - 1)}…`;
}

function milliseconds(value: number): number {
  return Math.round(value * 100) / 100;
}
