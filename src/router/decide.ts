/** What becomes of a request, by routes alone. Pure; the router and `faaso explain` both ask here. */
import type { Route } from '../core/specs.ts';
import { hostName, isDisguised, matchRoute, takes } from './table.ts';
import type { Matcher } from './table.ts';
import { isReserved, upstreamPath } from './target.ts';
import type { RequestTarget } from './target.ts';

export type Decision<R extends Route> =
  | { readonly kind: 'route'; readonly route: R }
  /** 405: the routes of the place, none of which takes the method. */
  | { readonly kind: 'method'; readonly place: readonly [R, ...R[]] }
  /** 400: the path may be read as that of a guarded route which it does not lead to. */
  | { readonly kind: 'disguised' }
  /** 404. `reserved`: the path leads, or would lead, into `/_faaso`. */
  | { readonly kind: 'none'; readonly reserved: boolean };

/** Why a request is refused whose path is another way to write a guarded one. */
export const DISGUISED_PATH = 'the path is not written plainly: it could be read as another one';

/** What a route without `methods` takes, in words for a client: other methods are taken too. */
export const USUAL_METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS';

const NONE = { kind: 'none', reserved: false } as const;
const DISGUISED = { kind: 'disguised' } as const;
const RESERVED = { kind: 'none', reserved: true } as const;

/** Chooses the route of a request whose target was parsed. */
export function decide<R extends Route>(
  matcher: Matcher<R>,
  target: RequestTarget,
  method: string,
): Decision<R> {
  if (isReserved(target.path)) return RESERVED;
  const host = hostName(target.authority);
  const [first, ...others] = matchRoute(matcher, host, target.path);
  if (first === undefined) return NONE;
  if (isDisguised(matcher, host, target.path, first)) return DISGUISED;
  const route = takes(first, method) ? first : others.find((other) => takes(other, method));
  if (route === undefined) return { kind: 'method', place: [first, ...others] };
  if (isReserved(upstreamPath(target.path, route.path, route.stripPrefix))) return RESERVED;
  return { kind: 'route', route };
}

/** The methods that the routes of one place take, as an `Allow` header names them. */
export function allowedMethods(place: readonly Route[]): string {
  return place.map((item) => item.methods?.join(', ') ?? USUAL_METHODS).join(', ');
}
