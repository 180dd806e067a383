import type { VerbModule, VerbName } from './verb.ts';

/** The code behind each verb, loaded only when the verb is used. */
export const LOADERS: Readonly<Record<VerbName, () => Promise<VerbModule>>> = {
  serve: () => import('./commands/serve.ts'),
  apply: () => import('./commands/apply.ts'),
  plan: () => import('./commands/plan.ts'),
  build: () => import('./commands/build.ts'),
  export: () => import('./commands/export.ts'),
  down: () => import('./commands/down.ts'),
  prune: () => import('./commands/prune.ts'),
  status: () => import('./commands/status.ts'),
  logs: () => import('./commands/logs.ts'),
  test: () => import('./commands/test.ts'),
  invoke: () => import('./commands/invoke.ts'),
  shell: () => import('./commands/shell.ts'),
  'daemon status': () => import('./commands/daemon-status.ts'),
  'daemon stop': () => import('./commands/daemon-stop.ts'),
  'daemon restart': () => import('./commands/daemon-restart.ts'),
  doctor: () => import('./commands/doctor.ts'),
  setup: () => import('./commands/setup.ts'),
  schema: () => import('./commands/schema.ts'),
  version: () => import('./commands/version.ts'),
  help: () => import('./commands/help.ts'),
};
