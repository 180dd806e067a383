import type { BlockList } from 'node:net';

import type { RouterLimits } from '../../../core/specs.ts';
import type { RouteEntry } from '../../router.ts';
import type { Matcher } from '../../table.ts';
import type { AccessSink } from '../access/sink.ts';
import type { Guard } from '../protect/guards.ts';
import type { Passwords } from '../protect/passwords.ts';
import type { Instances, UpstreamInstance } from './instances.ts';

/** A route with the instance that serves it; `undefined` while it is unready. */
export interface ServedRoute extends RouteEntry {
  readonly instance: UpstreamInstance | undefined;
  /** Absent = every request may pass at once. */
  readonly guard: Guard | undefined;
}

/** What every request of one data plane shares. Replaced fields take effect with the next request. */
export interface ProxyCore {
  matcher: Matcher<ServedRoute>;
  trust: BlockList | undefined;
  /** Answers carry `Connection: close`. */
  closing: boolean;
  limits: Required<RouterLimits>;
  /** Absent while nothing is logged. */
  access: AccessSink | undefined;
  /** Whether requests are logged whose route says nothing of it. */
  logsByDefault: boolean;
  readonly passwords: Passwords;
  readonly instances: Instances;
  /** A defect in the router itself, met while one request was served. */
  readonly onDefect: (error: unknown) => void;
}
