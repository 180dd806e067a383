import { join } from 'node:path';

import type { HostFacts } from './host.ts';
import { processOf } from './listeners.ts';
import type { Process } from './listeners.ts';
import { word } from '../../core/command.ts';
import { line, sudo } from './commands.ts';

/** The engine's process and settings, as far as this user may see them. */
export interface Dockerd {
  readonly process: Process;
  /** The file that its settings are in, whether or not it is there. */
  readonly file: string;
  /** What the file says; `invalid` when it is not JSON, `undefined` when there is none. */
  readonly settings: Readonly<Record<string, unknown>> | 'invalid' | undefined;
}

const PID_FILES = ['/run/docker.pid', '/var/run/docker.pid'];

/** `undefined` when no engine, or more than one that may be meant, is seen. */
export async function findDockerd(host: HostFacts): Promise<Dockerd | undefined> {
  const running = await processesNamed(host, 'dockerd');
  const noted = (await Promise.all(PID_FILES.map((path) => host.text(path)))).map(Number);
  const one =
    running.find(({ pid }) => noted.includes(pid)) ?? (running.length === 1 ? running[0] : undefined);
  if (one === undefined) return undefined;
  const file = optionOf(one.argv, 'config-file') ?? (await usualFile(host, one));
  return { process: one, file, settings: parse(await host.text(file)) };
}

/** Value of a switch of the engine's: its command line wins over its file; `undefined` when neither names it. */
export function switchOf({ process, settings }: Dockerd, name: string): boolean | undefined {
  const given = process.argv.includes(`--${name}`) ? 'true' : optionOf(process.argv, name);
  if (given === 'true' || given === 'false') return given === 'true';
  const value = settings === 'invalid' ? undefined : settings?.[name];
  return typeof value === 'boolean' ? value : undefined;
}

/** The commands that set switches in the engine's file, keeping what else it says. */
export function setCommands(
  uid: number,
  { file, settings }: Dockerd,
  change: Readonly<Record<string, unknown>>,
): readonly string[] {
  const merged = { ...(settings === 'invalid' ? {} : settings), ...change };
  const text = word(JSON.stringify(merged));
  return [uid === 0 ? `echo ${text} > ${word(file)}` : `echo ${text} | sudo tee ${word(file)} > /dev/null`];
}

/** The command with which a running engine reads its file again. */
export async function reloadCommand(host: HostFacts, { process }: Dockerd): Promise<string> {
  return sudo(
    host.uid,
    (await isService(host, process)) ? 'systemctl reload docker' : `kill -HUP ${process.pid}`,
  );
}

/** The commands that end the engine and start it as it was started. */
export async function restartCommands(host: HostFacts, { process }: Dockerd): Promise<readonly string[]> {
  if (await isService(host, process)) return [sudo(host.uid, 'systemctl restart docker')];
  const [program = 'dockerd', ...args] = process.argv;
  // One that hangs may be stopped, or deaf to all but SIGKILL.
  const end = `kill -CONT ${process.pid}; kill ${process.pid}; timeout 30 tail --pid=${process.pid} -f /dev/null || kill -KILL ${process.pid}`;
  return [sudo(host.uid, `sh -c ${word(end)}`), sudo(host.uid, detached(line(program, ...args)))];
}

/** The commands that start an engine that is installed and does not run; none where it cannot be told how. */
export async function startCommands(host: HostFacts): Promise<readonly string[]> {
  if ((await host.names('/run/systemd')).includes('system'))
    return [sudo(host.uid, 'systemctl start docker')];
  for (const folder of ['/usr/bin', '/usr/sbin', '/usr/local/bin', '/usr/local/sbin'])
    if ((await host.names(folder)).includes('dockerd'))
      return [sudo(host.uid, detached(join(folder, 'dockerd')))];
  return [];
}

/** Neither Ctrl-C nor the end of the terminal ends what is started so. */
function detached(command: string): string {
  return `setsid --fork sh -c ${word(`exec ${command} >> /var/log/dockerd.log 2>&1 < /dev/null`)}`;
}

async function isService(host: HostFacts, { pid }: Process): Promise<boolean> {
  return (await host.text(`/proc/${pid}/cgroup`))?.includes('docker.service') === true;
}

async function usualFile(host: HostFacts, { pid }: Process): Promise<string> {
  const status = await host.text(`/proc/${pid}/status`);
  const uid = Number(/^Uid:\s+(\d+)/m.exec(status ?? '')?.[1] ?? 0);
  // A rootless engine is the user's who asks, or out of reach.
  return uid === 0
    ? '/etc/docker/daemon.json'
    : join(process.env['HOME'] ?? '', '.config/docker/daemon.json');
}

/** Processes by the name of their program. */
export async function processesNamed(host: HostFacts, name: string): Promise<readonly Process[]> {
  const pids = (await host.names('/proc')).filter((entry) => /^\d+$/.test(entry));
  const all = await Promise.all(
    pids.map(async (pid) =>
      (await host.text(`/proc/${pid}/comm`))?.trim() === name ? processOf(host, Number(pid)) : undefined,
    ),
  );
  return all.filter((process) => process !== undefined);
}

function optionOf(argv: readonly string[], name: string): string | undefined {
  const at = argv.findIndex((word_) => word_ === `--${name}` || word_.startsWith(`--${name}=`));
  const found = argv[at];
  if (found === undefined) return undefined;
  return found.includes('=') ? found.slice(found.indexOf('=') + 1) : argv[at + 1];
}

function parse(text: string | undefined): Dockerd['settings'] {
  if (text === undefined || text.trim() === '') return undefined;
  try {
    const data: unknown = JSON.parse(text);
    return typeof data === 'object' && data !== null && !Array.isArray(data)
      ? (data as Readonly<Record<string, unknown>>)
      : 'invalid';
  } catch {
    return 'invalid';
  }
}
