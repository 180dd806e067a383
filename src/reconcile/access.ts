/** Who may call a route, where a release of before comes back. Pure. */
import type { Route } from '../core/specs.ts';

type Access = Pick<Route, 'auth' | 'public'>;

/** The routes of an earlier release with the access that holds now: a key that was revoked stays revoked. */
export function withAccessOf(routes: readonly Route[], now: readonly Route[]): Route[] {
  return routes.map((route) => {
    const { auth: _, public: __, ...rest } = route;
    const current = samePlace(route, now);
    return current === undefined ? route : { ...rest, ...accessOf(current) };
  });
}

/**
 * The routes that labels tell, with the access that the files ask for: a label is as old as its container, and access
 * changes without a new one. Where the files ask for less than the label, the label holds until the next apply.
 */
export function withAccessAtLeast(routes: readonly Route[], files: readonly Route[]): Route[] {
  return routes.map((route) => {
    const wanted = samePlace(route, files);
    return wanted === undefined ? route : { ...route, ...accessOf(wanted) };
  });
}

/** The route with the same methods where there is one, else the first of that path. */
function samePlace(route: Route, others: readonly Route[]): Route | undefined {
  const found = others.filter(({ host, path }) => host === route.host && path === route.path);
  const methods = route.methods?.join();
  return found.find((other) => other.methods?.join() === methods) ?? found[0];
}

function accessOf({ auth, public: isPublic }: Route): Access {
  return { ...(auth === undefined ? {} : { auth }), ...(isPublic === undefined ? {} : { public: isPublic }) };
}
