import type {
  ExplainedFunction,
  ExplainedProtection,
  ExplainedRoute,
  Explanation,
} from '../../core/explanation.ts';
import type { Paint } from './paint.ts';
import { plain, programLine } from './safe.ts';
import { age, count, list, milliseconds } from './text.ts';
import { pad, wrap } from './width.ts';

const LABELS = 11;

/** `faaso explain`: what becomes of the request, one thing a line. */
export function renderExplanation(
  explanation: Explanation,
  now: number,
  columns: number | undefined,
  paint: Paint,
): string[] {
  const { answer, route, function: fn, nearest, limits, ifDown, notes } = explanation;
  const rows: (readonly [string, string])[] = [];
  if (answer !== null) {
    rows.push(['answer', `${paint.bad(`${answer.status ?? 'none,'} ${answer.code}`)}: ${plain(answer.why)}`]);
  }
  if (route !== null) rows.push(['route', routeText(route)]);
  if (fn !== null) rows.push(['function', functionText(fn, now, paint)]);
  if (explanation.upstream !== null) rows.push(['it gets', upstreamText(explanation)]);
  if (limits !== null) {
    const { timeoutMs, maxBodyBytes, memoryBytes, cpus } = limits;
    rows.push([
      'limits',
      `first byte ${seconds(timeoutMs)}, body ${size(maxBodyBytes)}, memory ${size(memoryBytes)}, ${cpus} cpu`,
    ]);
  }
  if (explanation.protection !== null) rows.push(...protectionRows(explanation.protection));
  if (ifDown !== null) rows.push(['if down', ifDown]);
  if (nearest.length > 0) rows.push(['nearest', nearest.map(arrow).join(', ')]);
  rows.push(...notes.map((note) => ['note', programLine(note)] as const));
  return rows.flatMap(([label, text]) => {
    const lines = columns === undefined ? [text] : wrap(text, Math.max(20, columns - LABELS));
    return lines.map((line, index) => pad(index === 0 ? label : '', LABELS) + line.trimStart());
  });
}

function routeText({ place, before, stripPrefix, ...route }: NonNullable<Explanation['route']>): string {
  const where = place === null ? '' : ` (${plain(place.file)}:${place.line})`;
  return [`${nameOf(route)}${where}`, ...why(route, before), ...(stripPrefix ? ['strip_prefix'] : [])].join(
    '; ',
  );
}

function protectionRows({
  auth,
  outside,
  concurrency,
  rateLimit,
}: ExplainedProtection): (readonly [string, string])[] {
  const who: string[] = [];
  if (outside !== null)
    who.push(`callers of this machine; those of others get ${outside.status} ${outside.code}`);
  if (auth !== null) {
    const names = [
      ...(auth.keys.length > 0 ? [`by key ${list(auth.keys.map(plain))}`] : []),
      ...(auth.users.length > 0 ? [`by password ${list(auth.users.map(plain))}`] : []),
    ];
    who.push(`${names.join(', ')}; others get ${auth.others.status} ${auth.others.code}`);
  }
  const often: string[] = [];
  if (concurrency !== null) {
    const { requests, queue, waitMs } = concurrency;
    const waiting = queue === 0 ? '' : `, ${queue} may wait up to ${seconds(waitMs)}`;
    often.push(`${count(requests, 'request')} at once${waiting}; then 429 route-busy`);
  }
  if (rateLimit !== null) {
    const { requests, perMs, burst, by } = rateLimit;
    const whose = by === 'key' ? 'of each name in auth' : 'of each client';
    often.push(
      `${count(requests, 'request')} ${whose} in ${seconds(perMs)}, ${burst} at once; then 429 rate-limited`,
    );
  }
  return [...who.map((text) => ['only', text] as const), ...often.map((text) => ['at most', text] as const)];
}

/** Why this one of those whose prefix the path has. */
function why(route: ExplainedRoute, before: readonly ExplainedRoute[]): string[] {
  const others = before.filter((other) => other.path !== route.path || other.host !== route.host);
  const twins = before.length - others.length;
  const anyHost = others.filter((other) => other.host === null).length;
  const reasons: string[] = [];
  if (route.host !== null && anyHost > 0)
    reasons.push(`routes of its host come before ${count(anyHost, 'route')} of any host`);
  const same = others.filter((other) => other.host === route.host).length;
  if (same > 0) reasons.push(`longest of ${same + 1} prefixes`);
  else if (reasons.length === 0 && twins === 0) reasons.push('the only prefix that leads there');
  if (route.methods !== null) reasons.push(`takes ${list(route.methods.map(plain))}`);
  return reasons;
}

function functionText(fn: ExplainedFunction, now: number, paint: Paint): string {
  const { probe } = fn;
  const where = fn.instance === null ? '' : `, container ${plain(fn.instance)} on port ${fn.port ?? 0}`;
  const name = `${fn.name}, release ${fn.release} (${plain(fn.revision)})${where}`;
  const last =
    probe === null
      ? ''
      : ` (last probe ${age(now - probe.at)} ago, ${milliseconds(probe.durationMs)}${probe.healthy ? '' : `: ${programLine(probe.detail)}`})`;
  if (fn.state === 'running')
    return `${name}, ${paint.good(probe?.healthy === true ? 'healthy' : 'running')}${last}`;
  const reason = fn.reason === '' ? '' : `: ${programLine(fn.reason)}`;
  return `${name}, ${fn.state === 'unknown' ? 'state unknown' : paint.bad(fn.state)}${reason}${last}`;
}

function upstreamText({ method, upstream }: Explanation): string {
  const prefix = upstream?.headers['X-Forwarded-Prefix'];
  const header = prefix === undefined ? '' : `, X-Forwarded-Prefix: ${plain(prefix)}`;
  return `${plain(method)} ${plain(upstream?.target ?? '')}${header}`;
}

function arrow(route: ExplainedRoute): string {
  const methods = route.methods === null ? '' : ` (${route.methods.map(plain).join(', ')})`;
  return `${nameOf(route)} → ${route.function}${methods}`;
}

function nameOf({ host, path }: ExplainedRoute): string {
  return plain(`${host ?? ''}${path}`);
}

function seconds(ms: number): string {
  return ms < 1000 ? `${ms} ms` : `${ms / 1000} s`;
}

/** Limits are written in binary multiples. */
function size(bytes: number): string {
  const units = ['bytes', 'KB', 'MB', 'GB'];
  let [rest, unit] = [bytes, 0];
  while (unit < units.length - 1 && rest >= 1024 && rest % 1024 === 0) {
    rest /= 1024;
    unit += 1;
  }
  return `${rest} ${units[unit] ?? ''}`;
}
