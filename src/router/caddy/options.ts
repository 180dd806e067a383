import type { Clock } from '../../core/clock.ts';

export interface CaddyRouterOptions {
  /** Leads to the admin socket of the Caddy that faaso starts. At most 100 bytes. */
  readonly adminSocket: string;
  /** Folder of that Caddy, beside `adminSocket`. It may move while Caddy runs. */
  readonly folder: string;
  /** Folder of what a Caddy of the user's reads. */
  readonly sharedUpstreams: string;
  /** Where the last table is kept. */
  readonly routesFile: string;
  /** Where the configuration lies that a Caddy is started with. */
  readonly configFile: string;
  /** Folder of certificates. */
  readonly storage: string;
  /** Absolute path of `caddy/bootstrap.json`. */
  readonly bootstrap: string;
  readonly logFile: string;
  /** Tells this project's part of a Caddy that others use too. */
  readonly id: string;
  /** Where it is kept which program the last apply found. */
  readonly programFile: string;
  /** Default: the kept one, else `caddy` on the PATH. */
  readonly binary?: string;
  readonly clock?: Clock;
}
