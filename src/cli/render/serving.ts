import type { Serving } from '../../control/api.ts';
import { plain } from './safe.ts';

type Route = Serving['routes'][number];

/** How many routes are shown with a command to call them. */
const MANY_ROUTES = 6;
const MANY_HOSTS = 3;

/** What stands on the screen once `faaso serve` is up: where, how to call it, how to stop it. */
export function renderServing(serving: Serving, watch: boolean): string[] {
  const watching = watch ? ', watching functions.yml and functions/' : '; edits wait for faaso apply';
  if (serving.url === null) {
    const next = watch ? ': valid files are applied as soon as they are saved.' : '. Begin with: faaso apply';
    return ['', `Nothing is served yet${next}`];
  }
  const more = serving.routes.length - MANY_ROUTES;
  return [
    '',
    `Serving on ${servedOn({ ...serving, url: serving.url })}${watching}`,
    ...serving.routes.slice(0, MANY_ROUTES).map((route) => `  ${curl(route)}`),
    ...(more > 0 ? [`  … and ${more} more: faaso status`] : []),
    'Ctrl-C stops the router; the functions keep running (faaso down removes them).',
  ];
}

/** The router's address, and those of the first hosts that are served over HTTPS. */
export function servedOn({
  url,
  routes,
}: {
  readonly url: string;
  readonly routes: readonly Route[];
}): string {
  const origins = [...new Set(routes.map((route) => new URL(route.url).origin))];
  const secure = origins.filter((origin) => origin.startsWith('https:'));
  const more = secure.length - MANY_HOSTS;
  return [
    plain(url),
    ...secure.slice(0, MANY_HOSTS).map(plain),
    ...(more > 0 ? [`${more} more hosts`] : []),
  ].join(', ');
}

/** A command that calls the route, with the function's own example where it has one. */
function curl({ url, example }: Route): string {
  if (example === undefined) return `curl ${quoted(url)}`;
  const { method, body } = example;
  const usual = body === undefined ? 'GET' : 'POST';
  return [
    'curl',
    ...(method === usual ? [] : ['-X', quoted(method)]),
    ...(body === undefined ? [] : ['-d', quoted(body, true)]),
    quoted(example.url),
  ].join(' ');
}

/** As a word of a POSIX shell. */
function quoted(text: string, always = false): string {
  const safe = plain(text);
  return !always && /^[\w@%+=:,./-]+$/.test(safe) ? safe : `'${safe.replaceAll("'", `'\\''`)}'`;
}
