import type { Served } from '../routes-file.ts';
import type { Admin, AdminAddress, Tagged } from './admin.ts';
import type { Json } from './json.ts';

/** A Caddy that was started just now. */
export interface Started {
  /** `null` while it runs. */
  exitCode(): number | null;
  /** What it wrote last, for people. */
  lastWords(): Promise<string>;
  /** `how`: as in "its process ended by SIGKILL". */
  onExit(listener: (how: string) => void): void;
}

/** Folder of the files that say where each function is. */
export interface UpstreamFolder {
  readonly path: string;
  /** How Caddy reaches it. No `{` and `}` in it. */
  readonly inCaddy: string;
  /** Whether other users may read it. */
  readonly shared: boolean;
}

/** Where the routes are written: in a Caddy of the user's, or in one that faaso starts. */
export interface Place {
  /** For people, and to tell two places apart. */
  readonly name: string;
  readonly address: AdminAddress;
  readonly upstreams: UpstreamFolder;
  /** What is wanted there. */
  config(served: Served): Promise<Json>;
  /**
   * What is there; `undefined` when no Caddy answers. `known`: what was there before, and is given again where it is there
   * still. Rejects with {@link AdminError}.
   */
  read(admin: Admin, known?: Tagged): Promise<Tagged | undefined>;
  write(admin: Admin, wanted: Json, now: Tagged): Promise<void>;
  /** Rejects where what is wanted would serve otherwise than asked for. */
  readonly check?: (admin: Admin, served: Served) => Promise<void>;
  /** Gives the folders that Caddy reads their owners and modes again, where somebody changed them. */
  mend(): Promise<void>;
  /** Makes sure that it serves indeed, where that is not for sure; where it does not, what was there before is again. */
  readonly verify?: (served: Served, admin: Admin) => Promise<void>;
  /** Waits for a moment until one that was killed has let go of its addresses. */
  readonly whenGone?: () => Promise<void>;
  /** Whether its process runs, found out without asking it. Absent where that is not ours to know. */
  readonly isUp?: () => Promise<boolean>;
  /** Starts Caddy with what is wanted. Absent where Caddy is the user's. */
  readonly start?: (wanted: Json) => Promise<Started>;
  /** Leaves nothing of ours there; requests in flight are finished. */
  end(admin: Admin): Promise<void>;
}

/** Codes of an error that says that nobody answers, rather than what is wrong. */
export const NOBODY: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOENT',
  'ECONNRESET',
  'UND_ERR_SOCKET',
  'EPIPE',
]);
