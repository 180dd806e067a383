import type { FunctionName } from '../../core/names.ts';
import { parseFunctionName } from '../../core/names.ts';
import type { Admin } from './admin.ts';
import { connectionsTo } from './connections.ts';

const POLL_MS = 50;
/** A request that was just routed is counted a moment later. */
const QUIET = 3;

/**
 * How many requests are in flight to each function that Caddy has a route to. `inCaddy`: the folder of {@link Upstreams}.
 * Rejects where Caddy does not say: unknown is not zero.
 */
export async function requestsInFlight(
  admin: Admin,
  inCaddy: string,
): Promise<ReadonlyMap<FunctionName, number>> {
  const found = await admin.get('/reverse_proxy/upstreams');
  const list = Array.isArray(found?.value) ? found.value : [];
  const counts = new Map<FunctionName, number>();
  for (const item of list as readonly { readonly address: string; readonly num_requests: number }[]) {
    const path = /^\{file\.(.*)\}$/.exec(item.address)?.[1] ?? '';
    if (!path.startsWith(`${inCaddy}/`)) continue;
    const name = parseFunctionName(path.slice(inCaddy.length + 1));
    if (name !== undefined) counts.set(name, item.num_requests);
  }
  return counts;
}

/**
 * Resolves when no request is in flight to a port, or with the end of `isOver`. Idle connections count too: they are
 * closed after 2 s. Where `count` says that its function has no request at all, none is in use. `undefined`: not known.
 */
export async function untilUnused(
  port: number,
  count: () => Promise<number | undefined>,
  isOver: () => boolean,
  sleep: (ms: number) => Promise<void>,
): Promise<void> {
  for (let quiet = 0; quiet < QUIET && (await connectionsTo(port)) > 0 && !isOver();) {
    quiet = (await count().catch(() => undefined)) === 0 ? quiet + 1 : 0;
    await sleep(POLL_MS);
  }
}
