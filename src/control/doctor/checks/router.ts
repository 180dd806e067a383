import { readFile } from 'node:fs/promises';
import { request } from 'node:http';

import type { Finding } from '../../../core/finding.ts';
import type { RouterSettings } from '../../../core/specs.ts';
import type { ProjectPaths } from '../../../core/paths.ts';
import { isRouterUp, routerPid } from '../../../faaso.ts';
import { pathsOfRoot } from '../../../files/project-paths.ts';
import { claims } from '../../../project/owner.ts';
import type { Check, DoctorProject } from '../context.ts';
import { faasoCommand, reporter, NO_PROJECT } from '../context.ts';
import { line } from '../commands.ts';
import { named } from '../listeners.ts';
import type { Listener } from '../listeners.ts';

const report = reporter('router');
const ANSWER_MS = 2000;
const DOWN = 'down: ';
const ANY = ['0.0.0.0', '::'];

/** Whether the router's address is its own, and it answers there. */
export const routerCheck: Check = {
  name: 'router',
  async run({ listeners, project, env }) {
    if (project === undefined) return [report('skipped', NO_PROJECT)];
    const applied = await project.applied();
    const settings = applied?.router ?? (await project.loaded().catch(() => undefined))?.project.router;
    if (settings === undefined) return [report('skipped', 'functions.yml is not valid')];
    const [all, isUp, isOurs] = await Promise.all([
      listeners(),
      isRouterUp(project.paths),
      ownership(project.paths),
    ]);
    const own = all.filter(
      (each) =>
        isOurs(each) ||
        // A Caddy of the user's, which says that it has our routes.
        (isUp && settings.admin !== undefined && each.port === settings.port),
    );
    const address = `${settings.host}:${settings.port}`;
    const foreign = all.find(
      (each) =>
        each.port === settings.port && settings.port !== 0 && meets(each, settings) && !own.includes(each),
    );
    // A router that this user may not see into holds its address itself.
    if (foreign !== undefined && !(isUp && foreign.process === undefined)) {
      const former = await formerRoot(project);
      if (former !== undefined && (await ownership(await pathsOfRoot(former, env)))(foreign)) {
        return [
          report('warn', `${address} is held by this project's router, which was started in ${former}`, {
            why: 'The folder was moved; applied in its new place, it takes the router over without a lost request:',
            fix: [faasoCommand(project, 'apply')],
          }),
        ];
      }
      return [
        report('fail', `${address} is held by ${named(foreign)}`, {
          why: 'End that program, or give the router another address:',
          fix: await moveCommands(project, settings, all),
        }),
      ];
    }
    if (!isUp) {
      if (applied === undefined)
        return [report('ok', settings.port === 0 ? 'takes any free port' : `${address} is free for it`)];
      return [await downFinding(project, address)];
    }
    const port = settings.port === 0 ? own[0]?.port : settings.port;
    if (port === undefined) return [report('ok', 'runs')];
    const host = ANY.includes(settings.host) ? '127.0.0.1' : settings.host;
    if (!(await answers(host, port))) {
      return [
        report('fail', `runs and does not answer at ${host}:${port}`, {
          why: `Its log: ${project.paths.routerLog}`,
          fix: [faasoCommand(project, 'daemon', 'restart')],
        }),
      ];
    }
    const open = ANY.includes(settings.host) ? ', open to the network as functions.yml says' : '';
    return [report('ok', `answers at ${host}:${port}${open}`)];
  },
};

/** Tells the router that was started for these paths, or goes on for them since a folder was moved. */
async function ownership(paths: ProjectPaths): Promise<(listener: Listener) => boolean> {
  const pid = await routerPid(paths);
  return ({ process: owner }) =>
    owner !== undefined &&
    (owner.pid === pid || owner.argv.some((argument) => argument.includes(paths.routerSocket)));
}

/** Where the project was applied last, when that is another place than its own and nobody's any more. */
async function formerRoot({ root, paths }: DoctorProject): Promise<string | undefined> {
  const text = await readFile(paths.applied, 'utf8').catch(() => '{}');
  try {
    const { root: former } = JSON.parse(text) as { readonly root?: unknown };
    return typeof former !== 'string' || former === root || (await claims(former)) ? undefined : former;
  } catch {
    return undefined;
  }
}

/** Why it is down, as the daemon knows it: that one tries again and again, so that another would be no better off. */
async function downFinding(project: DoctorProject, address: string): Promise<Finding> {
  const router = await project.status().then(
    (status) => (status.control.state === 'running' ? status.router : undefined),
    () => undefined,
  );
  const reason = router?.state.startsWith(DOWN) === true ? router.state.slice(DOWN.length) : undefined;
  const hint = router?.hint ?? undefined;
  const mending =
    hint === undefined
      ? { fix: [faasoCommand(project, 'daemon', 'restart')] }
      : { why: `To mend it: ${hint}.` };
  return report('fail', `does not run: ${reason ?? `nothing answers at ${address}`}`, mending);
}

/** Whether two programs cannot both listen there. */
export function meets({ address }: Listener, { host }: Pick<RouterSettings, 'host'>): boolean {
  return (
    address === host ||
    ANY.includes(address) ||
    ANY.includes(host) ||
    (host === 'localhost' && /^(127\.|::1$)/.test(address))
  );
}

/** Any answer will do: the router has one for every path. */
async function answers(host: string, port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    // Its line in the access log says whose it is.
    const headers = { 'User-Agent': 'faaso doctor' };
    const options = { host, port, path: '/_faaso/', headers, agent: false, timeout: ANSWER_MS };
    const asked = request(options, (response) => {
      response.resume();
      resolve(true);
    });
    asked.once('timeout', () => asked.destroy(new Error('late')));
    asked.once('error', () => resolve(false));
    asked.end();
  });
}

/** Moves what listens at an address that functions.yml names to a free port. */
export async function moveCommands(
  project: DoctorProject,
  { host, port }: Pick<RouterSettings, 'host' | 'port'>,
  all: readonly Listener[],
): Promise<readonly string[]> {
  let other = port + 1;
  while (all.some((each) => each.port === other)) other += 1;
  const text = await readFile(project.file, 'utf8').catch(() => '');
  const apply = faasoCommand(project, 'apply');
  if (text.includes(`${host}:${port}`))
    return [
      line('sed', '-i', `s/${host.replaceAll('.', '\\.')}:${port}/${host}:${other}/`, project.file),
      apply,
    ];
  if (!/router/.test(text) && text.trim() !== '' && !text.trimStart().startsWith('{'))
    return [`echo 'router: { listen: "${host}:${other}" }' >> ${line(project.file)}`, apply];
  return [];
}
