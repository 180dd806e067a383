import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import Docker from 'dockerode';

import type { DoctorAnswer, Finding } from '../../src/core/finding.ts';
import type { Ended } from './built-cli.ts';
import { until } from './until.ts';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** Folders that are the machine's own: what is done to them is nobody else's. */
const SETUP = `
set -e
mount --make-rprivate /
mount -t tmpfs tmpfs /run
mkdir /run/etc && cp -a /etc/. /run/etc/ && mount --bind /run/etc /etc
rm -rf /etc/docker /etc/sysctl.d/60-faaso* /etc/systemd/system/* && mkdir -p /etc/docker
mount -t tmpfs -o size=600m tmpfs /var/lib/docker
mount -t tmpfs tmpfs /var/log
ip link set lo up
echo ready
exec bash -c 'while :; do sleep 1 & wait; done'
`;

/** What a test says after its name where it is skipped because these programs are not there; empty when all are. */
export function lacking(programs: readonly string[]): string {
  const folders = (process.env['PATH'] ?? '').split(':');
  const absent = programs.filter((name) => !folders.some((folder) => existsSync(join(folder, name))));
  return absent.length === 0 ? '' : ` [no ${absent.join(', ')}]`;
}

/** Why there cannot be a {@link PrivateMachine}, as {@link lacking} says it. */
export const MACHINE_LACKS =
  process.getuid?.() === 0
    ? lacking(['unshare', 'nsenter', 'setpriv', 'dockerd', 'iptables', 'ss', 'sysctl', 'useradd'])
    : ' [not root]';

/** How one of the machine's shells is entered. */
interface ShellOptions {
  /** Another user than root. */
  readonly user?: string;
  readonly cwd?: string;
}

/**
 * A machine within this one: processes, network, `/etc`, `/run` and the engine's folder of its own, so that an engine's
 * settings, sysctls of the network, users and units can be broken and mended for real. Needs root.
 */
export class PrivateMachine {
  /** A folder that both machines see, for projects. */
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'faaso-machine-')));
  readonly #unshare: ChildProcess;
  readonly #init: number;

  private constructor(unshare: ChildProcess, init: number) {
    this.#unshare = unshare;
    this.#init = init;
  }

  static async start(): Promise<PrivateMachine> {
    const flags = ['--mount', '--net', '--pid', '--fork', '--mount-proc', '--kill-child'];
    const unshare = spawn('unshare', [...flags, 'sh', '-c', SETUP], { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [unshare.stdout, unshare.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (said += text));
    await until('the machine is up', () => said.includes('ready')).catch((cause: unknown) => {
      throw new Error(`the machine did not start: ${said}`, { cause });
    });
    const children = readFileSync(`/proc/${unshare.pid}/task/${unshare.pid}/children`, 'utf8');
    return new PrivateMachine(unshare, Number(children.trim().split(' ')[0]));
  }

  /** The machine's own engine, as seen from outside. */
  get docker(): Docker {
    return new Docker({ socketPath: `/proc/${this.#init}/root/run/docker.sock` });
  }

  /** Runs a line of shell in the machine, in which `faaso` is the built command, to its end. */
  async shell(line: string, { user = 'root', cwd = this.folder }: ShellOptions = {}): Promise<Ended> {
    const enter = ['-t', String(this.#init), '--mount', '--net', '--pid', `--wd=${cwd}`];
    const as = user === 'root' ? [] : ['setpriv', `--reuid=${user}`, `--regid=${user}`, '--init-groups'];
    const env = { PATH: process.env['PATH'], HOME: '/root', USER: user, NO_COLOR: '1' };
    // Without a password to ask for, sudo is what root does.
    const define = `sudo() { "$@"; }; faaso() { '${process.execPath}' '${MAIN}' "$@"; }; ${line}`;
    return await promisify(execFile)('nsenter', [...enter, ...as, 'bash', '-c', define], {
      env,
      timeout: 60_000,
    }).then(
      (ended) => ({ code: 0, ...ended }),
      (error: { code: number; stdout: string; stderr: string }) => error,
    );
  }

  /** {@link shell} that must succeed; returns what it wrote. */
  async sh(line: string, options?: ShellOptions): Promise<string> {
    const { code, stdout, stderr } = await this.shell(line, options);
    if (code !== 0) throw new Error(`${line}: ${stderr}${stdout}`);
    return stdout.trim();
  }

  /** What an address in the machine answers. */
  async get(url: string): Promise<string> {
    const program = `fetch("${url}").then(async (answer) => process.stdout.write(await answer.text()))`;
    return await this.sh(`'${process.execPath}' -e '${program}'`);
  }

  async startEngine(): Promise<void> {
    await this.sh('setsid --fork sh -c "exec dockerd >> /var/log/dockerd.log 2>&1 < /dev/null"');
    await until('the engine answers', async () => await this.docker.ping().catch(() => undefined));
  }

  /** `faaso doctor --json`, whose exit code says the same as its answer. */
  async doctor(options?: ShellOptions): Promise<DoctorAnswer> {
    const { code, stdout, stderr } = await this.shell('faaso doctor --json', options);
    if (stdout === '') throw new Error(stderr);
    const answer = JSON.parse(stdout) as DoctorAnswer;
    if (code !== (answer.failed ? 1 : 0)) throw new Error(`exit code ${code} of ${stdout}`);
    return answer;
  }

  /** What a check found. */
  async look(check: string, options?: ShellOptions): Promise<readonly Finding[]> {
    return (await this.doctor(options)).findings.filter((finding) => finding.check === check);
  }

  /** Sees that the check names what is broken, runs the commands that it prints, and sees it clear. */
  async mend(check: string, message: RegExp, options?: ShellOptions): Promise<Finding> {
    const found = await this.look(check, options);
    const finding = found.find((item) => message.test(item.message));
    if (finding === undefined)
      throw new Error(`${check} says ${JSON.stringify(found)}, not ${String(message)}`);
    if (finding.fix.length === 0) throw new Error(`${check} tells no command: ${finding.message}`);
    for (const command of finding.fix) await this.sh(command, { ...options, user: 'root' });
    await this.clear(check, options);
    return finding;
  }

  /** Waits until the check finds nothing any more: an engine that was told to start takes a moment. */
  async clear(check: string, options?: ShellOptions): Promise<void> {
    let last: readonly Finding[] = [];
    await until(`${check} is clear`, async () => {
      last = await this.look(check, options);
      return last.every(({ state }) => state === 'ok');
    }).catch((cause: unknown) => {
      throw new Error(`${check} still says ${JSON.stringify(last)}`, { cause });
    });
  }

  async dispose(): Promise<void> {
    // An engine that is ended hard leaves its containers' control groups behind.
    await this.shell('docker ps -aq | xargs -r docker rm -f -v; pkill -TERM -x dockerd; sleep 0.5').catch(
      () => undefined,
    );
    const ended = new Promise((resolve) => this.#unshare.once('exit', resolve));
    process.kill(this.#init, 'SIGKILL');
    await ended;
    rmSync(this.folder, { recursive: true, force: true });
  }
}
