import { basename, join } from 'node:path';

import { sha256 } from './hash.ts';

/** Where things of one project lie. All paths are absolute. */
export interface ProjectPaths {
  /** `.faaso/` beside `functions.yml`. */
  readonly home: string;
  /** The user's data: nothing here can be rebuilt. */
  readonly data: string;
  /** A file for each secret. */
  readonly secrets: string;
  /** What fingerprints of secrets are keyed with. */
  readonly secretsKey: string;
  /** What can be rebuilt from labels and files. */
  readonly state: string;
  readonly applied: string;
  /** What was applied when `faaso down` took it down. */
  readonly takenDown: string;
  /** The data plane's last table. */
  readonly routes: string;
  /** Which functions failed in the last apply. */
  readonly lastApply: string;
  /** There once another folder has taken the project over (`faaso adopt`): nothing on the engine is this one's then. */
  readonly handedOver: string;
  readonly daemonLog: string;
  readonly routerLog: string;
  /** A line of JSON for each request that is logged; its earlier part has `.1` behind it. */
  readonly accessLog: string;
  /** Names the daemon that owns the project, whoever's it is, and its socket. */
  readonly lock: string;
  /** Names the one `faaso test` that has instances to test. */
  readonly testLock: string;
  /** Holds `run` as text: where the sockets were made, whatever the next one's environment says. */
  readonly runRecord: string;
  /** Folder of the sockets: short, because the kernel cuts a socket's path at 107 bytes. */
  readonly run: string;
  readonly controlSocket: string;
  readonly routerSocket: string;
  /** Of a Caddy that faaso starts: its admin socket, and a file for each function that says where it is now. */
  readonly caddyRun: string;
  /** Of a Caddy of the user's: those files, where another user may read them. */
  readonly sharedUpstreams: string;
  /** Of `kind: caddy`: what Caddy was started with. */
  readonly caddyConfig: string;
  /** Of `kind: caddy`: the absolute path of the program. */
  readonly caddyProgram: string;
  /** Of `kind: caddy`: certificates and keys. */
  readonly caddyStorage: string;
}

/** What decides where sockets go. */
export interface RunEnvironment {
  readonly uid: number;
  readonly runtimeDir?: string | undefined;
  /** The folder of the sockets, where it is known already. */
  readonly run?: string | undefined;
}

/** The paths of the project whose root is `root` (absolute real path). */
export function projectPaths(root: string, environment: RunEnvironment): ProjectPaths {
  const home = join(root, '.faaso');
  const data = join(home, 'data');
  const state = join(home, 'state');
  const run = environment.run ?? join(runBase(environment), sha256(root).slice(0, 12));
  return {
    home,
    data,
    secrets: join(data, 'secrets'),
    secretsKey: join(data, 'key'),
    state,
    applied: join(state, 'applied.json'),
    takenDown: join(state, 'taken-down.json'),
    routes: join(state, 'routes.json'),
    lastApply: join(state, 'last-apply.json'),
    handedOver: join(state, 'handed-over'),
    daemonLog: join(state, 'daemon.log'),
    routerLog: join(state, 'router.log'),
    accessLog: join(state, 'access.log'),
    lock: join(state, 'daemon.lock'),
    testLock: join(state, 'test.lock'),
    runRecord: join(state, 'run'),
    run,
    controlSocket: join(run, 'control.sock'),
    routerSocket: join(run, 'router.sock'),
    caddyRun: join(run, 'caddy'),
    sharedUpstreams: join(sharedBase(environment), basename(run)),
    caddyConfig: join(state, 'caddy.json'),
    caddyProgram: join(state, 'caddy-program'),
    caddyStorage: join(data, 'caddy'),
  };
}

function runBase({ uid, runtimeDir }: RunEnvironment): string {
  if (runtimeDir !== undefined && runtimeDir !== '' && Buffer.byteLength(runtimeDir) <= 60)
    return join(runtimeDir, 'faaso');
  return uid === 0 ? '/run/faaso' : `/tmp/faaso-${uid}`;
}

/** Not in the folder of the sockets, which nobody else may enter. */
function sharedBase({ uid }: RunEnvironment): string {
  return uid === 0 ? '/run/faaso-upstreams' : `/tmp/faaso-upstreams-${uid}`;
}
