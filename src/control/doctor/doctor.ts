/** `faaso doctor`: looks at everything that faaso stands on, and changes nothing. */
import type { PruneAnswer } from '../../core/disk.ts';
import type { DoctorAnswer, Finding } from '../../core/finding.ts';
import { FaasoError, toFaasoError } from '../../core/errors.ts';
import type { Engine } from '../../engine/engine.ts';
import { createEngine, createFaaso } from '../../faaso.ts';
import { asApplied } from '../../project/load.ts';
import type { Faaso } from '../../faaso.ts';
import type { Environment } from '../../project/load.ts';
import type { ProjectLocation } from '../api.ts';
import { createClient } from '../client.ts';
import { CHECKS } from './checks.ts';
import type { Check, DoctorContext, DoctorProject } from './context.ts';
import { readApplied, reporter } from './context.ts';
import { hostFacts } from './host.ts';
import type { HostFacts } from './host.ts';
import { listeners } from './listeners.ts';

/** What a check may take. One that takes longer is a finding itself. */
const CHECK_MS = 5000;
/** What the engine and the daemon may take, so that a check that asks them can still say so. */
const ANSWER_MS = 4000;

export interface DoctorRequest {
  /** Absent: only the host and the engine are looked at. */
  readonly location?: ProjectLocation;
  readonly env: Environment;
  /** Default: this machine. */
  readonly host?: HostFacts;
  /** Default: all. */
  readonly checks?: readonly Check[];
}

/** Looks at everything at once. Never rejects for what it finds. */
export async function doctor(request: DoctorRequest): Promise<DoctorAnswer> {
  const { location, env, host = hostFacts(), checks = CHECKS } = request;
  const faaso = location === undefined ? undefined : await createFaaso(location.file, location.env);
  let engine = faaso?.engine;
  try {
    engine ??= createEngine(env);
    const context = contextOf(host, env, engine, faaso, location);
    const all = await Promise.all(checks.map((check) => runCheck(check, context)));
    const findings = all.flat();
    const attention = all.filter((found) => found.some(needsAttention)).length;
    return {
      root: faaso?.root ?? null,
      checks: checks.length,
      attention,
      failed: findings.some(({ state }) => state === 'fail'),
      findings,
    };
  } finally {
    engine?.close();
  }
}

function needsAttention({ state }: Finding): boolean {
  return state === 'warn' || state === 'fail';
}

async function runCheck(check: Check, context: DoctorContext): Promise<readonly Finding[]> {
  const report = reporter(check.name);
  try {
    return await within(CHECK_MS, check.run(context), () => [
      report('fail', `no answer within ${CHECK_MS / 1000} s`, {
        why: 'What was looked at hangs, as a network drive or an overloaded machine does.',
      }),
    ]);
  } catch (error) {
    const { code, message, hint } = toFaasoError(error);
    // The check of the files says whose it is.
    if (code === 'state-unreadable') return [report('skipped', message)];
    return [report('fail', message, hint === undefined ? {} : { why: hint })];
  }
}

function contextOf(
  host: HostFacts,
  env: Environment,
  engine: Engine,
  faaso: Faaso | undefined,
  location: ProjectLocation | undefined,
): DoctorContext {
  const info = once(() => timely(engine.info()));
  const traces = once(async () => await timely(engine.traces()).catch(() => undefined));
  return {
    host,
    env,
    engine,
    info,
    known: async () => await info().catch(() => undefined),
    traces,
    listeners: once(() => listeners(host)),
    ...(faaso === undefined || location === undefined ? {} : { project: projectOf(faaso, location) }),
  };
}

function projectOf(faaso: Faaso, location: ProjectLocation): DoctorProject {
  const { root, file, paths } = faaso;
  const client = createClient(location);
  const applied = once(() => readApplied(paths, root));
  return {
    location,
    root,
    file,
    paths,
    applied,
    // A daemon keeps the variables that were applied; who looks at it from another shell lacks them.
    loaded: once(
      async () => await faaso.load(asApplied(root, location, await applied().catch(() => undefined))),
    ),
    status: once(() => client.status()),
    prunable: once(async () => {
      const flags = { all: false, volumes: [], dryRun: true };
      const asked = client.prune(flags, () => undefined).catch(() => undefined);
      return await within<PruneAnswer | undefined>(ANSWER_MS, asked, () => undefined);
    }),
    daemon: once(() =>
      within(ANSWER_MS, client.daemon.status(), () => {
        throw new FaasoError('daemon-unreachable', `no answer within ${ANSWER_MS / 1000} s`, {
          hint: 'faaso daemon restart ends it and starts another',
        });
      }),
    ),
  };
}

/** The answer of the first call, for all that follow. */
function once<Answer>(ask: () => Promise<Answer>): () => Promise<Answer> {
  let answer: Promise<Answer> | undefined;
  return () => (answer ??= ask());
}

async function timely<Answer>(answer: Promise<Answer>): Promise<Answer> {
  return await within(ANSWER_MS, answer, () => {
    throw new FaasoError('engine-timeout', `the engine did not answer within ${ANSWER_MS / 1000} s`, {
      hint: 'look whether it hangs: docker info',
    });
  });
}

/** The answer, or what `late` makes of it after `ms` milliseconds. */
async function within<Answer>(ms: number, answer: Promise<Answer>, late: () => Answer): Promise<Answer> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, ms, undefined);
  });
  try {
    const first = await Promise.race([answer.then((value) => ({ value })), timeout]);
    return first === undefined ? late() : first.value;
  } finally {
    clearTimeout(timer);
  }
}
