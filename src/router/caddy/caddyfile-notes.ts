import { settingsLeftBehind } from './left-behind.ts';
import type { RouterSettings } from '../../core/specs.ts';
import type { RouteEntry } from '../router.ts';
import { comment } from './caddyfile-lines.ts';
import { guardsOf, lostKeys } from './carried.ts';
import { OLDEST } from './version.ts';

/** What stands at the head of the Caddyfile: how to use it, and what does not come along. */
export function notes(
  project: string,
  settings: RouterSettings,
  entries: readonly RouteEntry[],
): readonly string[] {
  const items = [
    "An address is where a function's container is now. faaso moves a function with each release and each repair, " +
      'so write this anew until you leave; then nobody restarts a container. "faaso build NAME" prints how its ' +
      'image runs without faaso.',
    `Only one of both can listen on ${settings.host}:${settings.port}. "faaso down" ends faaso's router and removes its containers.`,
    'A request that comes while a function is away gets a 502; nothing waits for it.',
    'The timeout counts to the first byte of an answer; a pause in the rest of it has no limit.',
    'Paths are compared without regard to case, and decoded; slashes that follow each other count as one.',
    ...settingsLeftBehind(settings),
    ...(settings.https === undefined
      ? [
          `For certificates put the names of your hosts in the place of http://:${settings.port}, and take out "auto_https off", "protocols h1" and "bind ${settings.host}".`,
        ]
      : []),
    ...lostKeys(entries).map((key) => `"${key}" of a route is left out: Caddy has nothing like it.`),
    ...guardedNotes(entries),
  ];
  return [
    ...comment(
      `The routes of ${project}, as faaso served them (faaso export caddy). Needs Caddy ${OLDEST} or later:`,
    ),
    '#   caddy run --config Caddyfile',
    '#',
    ...comment('What is not as with faaso:'),
    ...items.flatMap((item) => comment(item, '- ')),
  ];
}

/** They stay in the file: without them a route with a shorter path would serve what they guard. */
function guardedNotes(entries: readonly RouteEntry[]): readonly string[] {
  const guarded = entries.filter((entry) => guardsOf(entry).length > 0);
  if (guarded.length === 0) return [];
  return [
    'Routes that faaso guards answer 403: what guards them does not come along. Write what is to guard them here ' +
      '(basic_auth, remote_ip, forward_auth ...) in the place of their "error 403".',
    ...guarded.map(
      (entry) =>
        `${entry.methods === undefined ? '' : `${entry.methods.join(', ')} `}${entry.host ?? ''}${entry.path} ` +
        `was guarded by ${guardsOf(entry).join(', ')}.`,
    ),
  ];
}
