import type { BlockList } from 'node:net';

import type { RouteEntry } from '../../router.ts';
import type { Matcher } from '../../table.ts';
import type { Instances, UpstreamInstance } from './instances.ts';

/** A route with the instance that serves it; `undefined` while it is unready. */
export interface ServedRoute extends RouteEntry {
  readonly instance: UpstreamInstance | undefined;
}

/** What every request of one data plane shares. Replaced fields take effect with the next request. */
export interface ProxyCore {
  matcher: Matcher<ServedRoute>;
  trust: BlockList | undefined;
  /** Answers carry `Connection: close`. */
  closing: boolean;
  readonly instances: Instances;
  /** A defect in the router itself, met while one request was served. */
  readonly onDefect: (error: unknown) => void;
}
