import { spawn } from 'node:child_process';
import { lstat, mkdir, open, readdir, readFile, realpath, rm, symlink } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';

import { writeFileAtomic } from '../../files/atomic.ts';
import { DATA_PLANE_ID } from '../data-plane-user.ts';
import { ADMIN_IN_FOLDER, mendFolders, UPSTREAMS_IN_FOLDER } from './folders.ts';
import type { Json } from './json.ts';
import type { CaddyRouterOptions } from './options.ts';
import { notePid } from './pid.ts';
import type { Started } from './place.ts';
import { findProgram, startedProgram } from './program.ts';

/**
 * How Caddy reaches its folders: as directories that are open when it is started. Nobody else may enter the folders
 * above them, not even the user that Caddy runs as, and they may move while it runs.
 */
export const FOLDER_IN_CADDY = '/proc/self/fd/3';
export const STORAGE_IN_CADDY = '/proc/self/fd/4';
const PROGRAM_IN_CADDY = '/proc/self/fd/5';
const WORDS = 500;

/**
 * Starts Caddy in a session of its own, so that neither a Ctrl-C nor the end of this process ends it. Started by root it
 * runs as a user of its own, who may open ports below 1024 and nothing else.
 */
export async function startCaddy(options: CaddyRouterOptions, wanted: Json): Promise<Started> {
  const isRoot = process.getuid?.() === 0;
  const program = await startedProgram(options);
  await prepareFolders(options);
  await writeFileAtomic(options.configFile, JSON.stringify(wanted), 0o600);
  const opened: FileHandle[] = [];
  const fd = async (path: string, flags: 'r' | 'a' = 'r'): Promise<number> => {
    const handle = await open(path, flags, 0o600);
    opened.push(handle);
    return handle.fd;
  };
  try {
    const log = await fd(options.logFile, 'a');
    const begin = (await readFile(options.logFile)).length;
    const stdio = [
      await fd(options.configFile),
      log,
      log,
      await fd(options.folder),
      await fd(options.storage),
    ];
    const [command, args] = isRoot ? await unprivileged(program) : [program, []];
    if (args.includes(PROGRAM_IN_CADDY)) stdio.push(await fd(program));
    // The last argument is for people and for doctor: Caddy does not read it.
    const child = spawn(command, [...args, 'run', '--config', '-', options.adminSocket], {
      detached: true,
      cwd: '/',
      env: {
        PATH: process.env['PATH'],
        HOME: STORAGE_IN_CADDY,
        XDG_DATA_HOME: STORAGE_IN_CADDY,
        XDG_CONFIG_HOME: STORAGE_IN_CADDY,
        TZ: 'UTC',
      },
      stdio,
    });
    child.unref();
    let failure: Error | undefined;
    child.once('error', (error) => (failure = error));
    if (child.pid !== undefined) await notePid(options.folder, child.pid);
    return {
      exitCode: () => child.exitCode ?? (child.signalCode === null && failure === undefined ? null : 1),
      lastWords: async () =>
        failure?.message ??
        (await readFile(options.logFile)).subarray(begin).toString('utf8').trim().slice(-WORDS),
      onExit: (listener) =>
        child.once('exit', (code, signal) =>
          listener(`its process ended ${signal === null ? `with exit code ${code ?? 0}` : `by ${signal}`}`),
        ),
    };
  } finally {
    for (const handle of opened) await handle.close();
  }
}

/** What Caddy may write to is its own; what it reads, or lies above, is not. */
async function prepareFolders(options: CaddyRouterOptions): Promise<void> {
  const { folder, storage, adminSocket } = options;
  const admin = join(folder, dirname(ADMIN_IN_FOLDER));
  await mkdir(join(folder, UPSTREAMS_IN_FOLDER), { recursive: true, mode: 0o755 });
  await mkdir(admin, { recursive: true, mode: 0o700 });
  await mkdir(storage, { recursive: true, mode: 0o700 });
  await mendFolders(options);
  // Left by one that was killed.
  for (const name of await readdir(admin)) await rm(join(admin, name), { recursive: true, force: true });
  await rm(adminSocket, { force: true });
  await symlink(relative(dirname(adminSocket), join(folder, ADMIN_IN_FOLDER)), adminSocket);
}

/** The command that gives up root for the program, which may lie where only root looks. */
async function unprivileged(program: string): Promise<[string, string[]]> {
  const caps = '-all,+net_bind_service';
  return [
    await findProgram('setpriv'),
    [
      `--reuid=${DATA_PLANE_ID}`,
      `--regid=${DATA_PLANE_ID}`,
      '--clear-groups',
      '--no-new-privs',
      `--inh-caps=${caps}`,
      `--ambient-caps=${caps}`,
      `--bounding-set=${caps}`,
      (await isForAll(program)) ? program : PROGRAM_IN_CADDY,
    ],
  ];
}

async function isForAll(path: string): Promise<boolean> {
  for (let at = await realpath(path); at !== dirname(at); at = dirname(at))
    if (((await lstat(at)).mode & 0o001) === 0) return false;
  return true;
}
