import { access, constants, lstat, readdir } from 'node:fs/promises';
import type { Stats } from 'node:fs';
import { join } from 'node:path';

import { fileProblem } from '../../../core/file-problem.ts';
import type { Finding } from '../../../core/finding.ts';
import type { Check } from '../context.ts';
import { reporter, NO_PROJECT } from '../context.ts';
import { word } from '../../../core/command.ts';
import { line, sudo } from '../commands.ts';
import type { HostFacts } from '../host.ts';

const report = reporter('files');

/** Whether state, secrets and sockets belong to the one who runs faaso, can be written, and are open to nobody else. */
export const ownershipCheck: Check = {
  name: 'files',
  async run({ host, project }) {
    if (project === undefined) return [report('skipped', NO_PROJECT)];
    const { home, state, data, run, caddyRun, caddyStorage } = project.paths;
    const folder = await lstat(home).catch(() => undefined);
    if (folder === undefined)
      return [(await unwritable([project.root])) ?? report('ok', `${home} is not there yet`)];
    if (!folder.isDirectory()) {
      return [
        report('fail', `${home} is not a folder`, {
          why: 'faaso keeps its state there.',
          fix: [line('mv', home, `${home}.old`)],
        }),
      ];
    }
    if (host.uid !== 0 && folder.uid !== host.uid) {
      return [
        report('fail', `${home} belongs to ${await userName(host, folder.uid)}, not to you`, {
          why: 'Run faaso as that user always, or take the files over after "faaso down" as that user:',
          fix: [`${line('sudo', 'chown', '-R')} "$USER": ${word(home)}`],
        }),
      ];
    }
    const shut = await unwritable([home, state, data]);
    const findings: Finding[] = shut === undefined ? [] : [shut];
    const [inside, sockets] = await Promise.all([below(home), below(run)]);
    const owner = folder.uid;
    // A Caddy that root starts is a user of its own, with certificates of its own.
    const [mixed] = inside.filter(({ path, info }) => info.uid !== owner && !isIn(path, caddyStorage));
    if (mixed !== undefined) {
      const [whose, rest] = await Promise.all([userName(host, mixed.info.uid), userName(host, owner)]);
      findings.push(
        report('warn', `${mixed.path} belongs to ${whose}, the rest to ${rest}`, {
          why: 'faaso was run by two users; the one without rights cannot go on.',
          fix: [sudo(host.uid, line('chown', '-R', String(owner), home))],
        }),
      );
    }
    const open = [
      { path: home, info: folder },
      ...inside.filter(({ path }) => isIn(path, data)),
      // What lies there is for that user to read, below a folder that is closed to all others.
      ...sockets.filter(({ path }) => !isIn(path, caddyRun)),
    ].filter(({ info }) => !info.isSymbolicLink() && (info.mode & 0o077) !== 0);
    const [first] = open;
    if (first !== undefined) {
      const more = open.length > 1 ? ` (and ${open.length - 1} more)` : '';
      findings.push(
        report(
          'fail',
          `${first.path} is open to other users (mode ${(first.info.mode & 0o777).toString(8)})${more}`,
          {
            why: first.path.startsWith(run)
              ? 'Whoever reaches the control socket may deploy.'
              : 'Secrets and the values of variables lie there.',
            fix: open.map(({ path, info }) => line('chmod', info.isDirectory() ? '700' : '600', path)),
          },
        ),
      );
    }
    return findings.length > 0 ? findings : [report('ok', `${home} and its sockets are their owner's alone`)];
  },
};

function isIn(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}

/** The first of the folders that is there and that nothing can be written to. */
async function unwritable(folders: readonly string[]): Promise<Finding | undefined> {
  for (const folder of folders) {
    const problem = await access(folder, constants.W_OK).then(() => undefined, fileProblem);
    if (problem === undefined) continue;
    return report('fail', `${folder} cannot be written: ${problem.reason}`, {
      why: "faaso keeps its state there, beside functions.yml. Run it as the folder's owner, or put the project where it may write.",
    });
  }
  return undefined;
}

interface Item {
  readonly path: string;
  readonly info: Stats;
}

/** The folder, if it is there, and all that lies in it. */
async function below(folder: string): Promise<readonly Item[]> {
  const info = await lstat(folder).catch(() => undefined);
  if (info === undefined) return [];
  if (!info.isDirectory()) return [{ path: folder, info }];
  const names = await readdir(folder).catch(() => []);
  const inside = await Promise.all(names.map((name) => below(join(folder, name))));
  return [{ path: folder, info }, ...inside.flat()];
}

/** Name of a user of this machine, or the number. */
async function userName(host: HostFacts, uid: number): Promise<string> {
  const rows = ((await host.text('/etc/passwd')) ?? '').split('\n').map((row) => row.split(':'));
  return rows.find((fields) => fields[2] === String(uid))?.[0] ?? `user ${uid}`;
}
