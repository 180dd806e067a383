import { basesCheck } from './checks/bases.ts';
import { bootCheck } from './checks/boot.ts';
import { caddyCheck } from './checks/caddy.ts';
import { clockCheck } from './checks/clock.ts';
import { daemonCheck } from './checks/daemon.ts';
import { diskCheck } from './checks/disk.ts';
import { engineCheck } from './checks/engine.ts';
import { exposureCheck } from './checks/exposure.ts';
import { functionsCheck } from './checks/functions.ts';
import { inotifyCheck } from './checks/inotify.ts';
import { isolationCheck } from './checks/isolation.ts';
import { leftoversCheck } from './checks/leftovers.ts';
import { liveRestoreCheck } from './checks/live-restore.ts';
import { ownershipCheck } from './checks/ownership.ts';
import { portsCheck } from './checks/ports.ts';
import { projectCheck } from './checks/project.ts';
import { reachCheck } from './checks/reach.ts';
import { routerCheck } from './checks/router.ts';
import { userlandProxyCheck } from './checks/userland-proxy.ts';
import type { Check } from './context.ts';

/** Everything that is looked at, in the order in which it is shown. */
export const CHECKS: readonly Check[] = [
  engineCheck,
  liveRestoreCheck,
  userlandProxyCheck,
  diskCheck,
  inotifyCheck,
  clockCheck,
  projectCheck,
  daemonCheck,
  routerCheck,
  caddyCheck,
  functionsCheck,
  portsCheck,
  basesCheck,
  isolationCheck,
  exposureCheck,
  reachCheck,
  ownershipCheck,
  leftoversCheck,
  bootCheck,
];
