import { randomBytes, randomInt } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

import { onTestFinished } from 'vitest';

import { sha256 } from '../../src/core/hash.ts';
import type { FaasoEvent } from '../../src/core/events.ts';
import type { FunctionStatus, ProjectStatus } from '../../src/core/state.ts';
import { ENGINE_SOCKET } from './local-engine.ts';
import { appliedOf } from './project-apply.ts';
import type { Applied } from './project-apply.ts';
import { Command } from './project-command.ts';
import { containersOf } from './project-containers.ts';
import type { ContainerState } from './project-containers.ts';
import type { CommandResult } from './project-command.ts';
import { http } from './project-http.ts';
import type { HttpAnswer, HttpCall } from './project-http.ts';
import { isAlive, killHard, processesNaming } from './project-processes.ts';
import { noteOwner, removeProject, TEMPORARY } from './project-removal.ts';
import { until } from './until.ts';

/** `functions.yml` as data; JSON is YAML. */
export interface Settings {
  readonly name?: string;
  readonly ports?: string;
  readonly router?: Readonly<Record<string, unknown>>;
  readonly routes?: Readonly<Record<string, unknown>>;
  readonly functions?: Readonly<Record<string, unknown>>;
  readonly on_failure?: Readonly<Record<string, unknown>>;
}

/** A project of its own in a temporary folder, with the built `faaso`. */
export class TestProject {
  readonly name: string;
  readonly root: string;
  readonly env: Record<string, string | undefined>;
  readonly #commands = new Set<Command>();
  readonly #base: string;
  #settings: Settings;
  #url: string | undefined;

  constructor(settings: Settings = {}, options: { readonly name?: string; readonly base?: string } = {}) {
    this.name = options.name ?? `t-${randomBytes(4).toString('hex')}`;
    this.#base = options.base ?? realpathSync(mkdtempSync(TEMPORARY));
    this.root = join(this.#base, this.name);
    this.env = { ...process.env, NO_COLOR: '1' };
    mkdirSync(this.root, { recursive: true });
    noteOwner(this.#base);
    const first = 21_000 + 100 * randomInt(90);
    this.#settings = { name: this.name, ports: `${first}-${first + 99}`, ...settings };
    this.configure({});
  }

  get settings(): Settings {
    return this.#settings;
  }

  /** Writes `functions.yml` with what was set before and `change`. */
  configure(change: Settings): void {
    this.#settings = { ...this.#settings, ...change };
    const common = { router: { listen: '127.0.0.1:0' }, build: { ca_bundle: 'host' } };
    this.write('functions.yml', `${JSON.stringify({ ...common, ...this.#settings }, null, 2)}\n`);
  }

  write(path: string, content: string | Uint8Array, mode?: number): void {
    mkdirSync(dirname(join(this.root, path)), { recursive: true });
    writeFileSync(join(this.root, path), content, mode === undefined ? {} : { mode });
  }

  read(path: string): string {
    return readFileSync(join(this.root, path), 'utf8');
  }

  /** Writes a function's folder. */
  python(name: string, handler: string, metadata: Readonly<Record<string, unknown>> = {}): void {
    this.write(`functions/${name}/metadata.yml`, `${JSON.stringify({ runtime: 'python', ...metadata })}\n`);
    this.write(`functions/${name}/handler.py`, handler);
  }

  node(name: string, handler: string, metadata: Readonly<Record<string, unknown>> = {}): void {
    this.write(`functions/${name}/metadata.yml`, `${JSON.stringify({ runtime: 'node', ...metadata })}\n`);
    this.write(`functions/${name}/handler.mjs`, handler);
  }

  /** Starts `faaso …` in the project's folder. */
  start(
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
    input?: string | Uint8Array,
  ): Command {
    const folder = existsSync(this.root) ? this.root : this.#base;
    const command = new Command(args, folder, { ...this.env, ...env }, input);
    this.#commands.add(command);
    return command;
  }

  async faaso(...args: readonly string[]): Promise<CommandResult> {
    return await this.start(args).ended;
  }

  /** `faaso secret set`, with the value on its standard input. */
  async setSecret(
    name: string,
    value: string | Uint8Array,
    ...flags: readonly string[]
  ): Promise<CommandResult> {
    return await this.start(['secret', 'set', name, ...flags], {}, value).ended;
  }

  /** `faaso apply --json`, taken apart. */
  async apply(...names: readonly string[]): Promise<Applied> {
    return await appliedOf(this.start(['apply', '--json', ...names]));
  }

  /** {@link apply} which must succeed. */
  async deploy(...names: readonly string[]): Promise<Applied> {
    const applied = await this.apply(...names);
    if (applied.code !== 0) throw new Error(`apply ended with ${String(applied.code)}: ${applied.text}`);
    this.#url = applied.answer?.url;
    return applied;
  }

  async status(): Promise<ProjectStatus> {
    const { stdout, stderr } = await this.faaso('status', '--json');
    if (stdout === '') throw new Error(stderr);
    return JSON.parse(stdout) as ProjectStatus;
  }

  async row(name: string): Promise<FunctionStatus> {
    const row = (await this.status()).functions.find((item) => item.name === name);
    if (row === undefined) throw new Error(`status has no row for ${name}`);
    return row;
  }

  /** Waits until the function's row of `faaso status` is as asked. */
  async whenRow(
    name: string,
    what: string,
    is: (row: FunctionStatus) => boolean,
    ms = 20_000,
  ): Promise<FunctionStatus> {
    let last: unknown;
    return await until(
      `${name} ${what}`,
      async () => {
        const row = await this.row(name);
        last = row;
        return is(row) ? row : undefined;
      },
      ms,
    ).catch((cause: unknown) => {
      throw new Error(`not within ${ms} ms: ${name} ${what}; its row: ${JSON.stringify(last)}`, { cause });
    });
  }

  /** Where the router listens, as the last apply said. */
  get url(): string {
    if (this.#url === undefined) throw new Error('nothing was deployed yet');
    return this.#url;
  }

  set url(url: string) {
    this.#url = url;
  }

  async call(path: string, call: HttpCall = {}): Promise<HttpAnswer> {
    return await http(`${this.url}${path}`, call);
  }

  /** Waits until `path` answers with `text` and 200. */
  async whenAnswers(path: string, text: string, ms = 20_000): Promise<void> {
    let last: HttpAnswer | undefined;
    await until(
      `${path} answers`,
      async () => {
        last = await this.call(path);
        return last.status === 200 && last.text === text;
      },
      ms,
    ).catch((cause: unknown) => {
      throw new Error(`not within ${ms} ms: ${path} answers ${text}; last ${JSON.stringify(last)}`, {
        cause,
      });
    });
  }

  /** Containers of the project in any state, by function. */
  async containers(): Promise<readonly ContainerState[]> {
    return await containersOf(this.root);
  }

  /** The one container of a function; rejects when there are more or none. */
  async container(name: string): Promise<ContainerState> {
    const own = (await this.containers()).filter((item) => item.function === name);
    const [one] = own;
    if (one === undefined || own.length > 1) throw new Error(`${name} has ${own.length} containers`);
    return one;
  }

  /** Waits until each of the functions, and nothing else, has exactly one container, which runs. */
  async whenSettled(names: readonly string[], ms = 60_000): Promise<readonly ContainerState[]> {
    const wanted = [...names].sort().join();
    let last: readonly ContainerState[] = [];
    return await until(
      'one container per function',
      async () => {
        last = await this.containers();
        return last.map((item) => item.function).join() === wanted && last.every((item) => item.running)
          ? last
          : undefined;
      },
      ms,
    ).catch((cause: unknown) => {
      throw new Error(`not within ${ms} ms one container for each of ${wanted}: ${JSON.stringify(last)}`, {
        cause,
      });
    });
  }

  /** What the daemons in the background told in their log. */
  daemonLog(): readonly FaasoEvent[] {
    const path = '.faaso/state/daemon.log';
    if (!existsSync(join(this.root, path))) return [];
    return this.read(path)
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as FaasoEvent);
  }

  /** The pid of the daemon that holds the project's lock. */
  get daemonPid(): number | undefined {
    const path = join(this.root, '.faaso/state/daemon.lock');
    if (!existsSync(path)) return undefined;
    const { pid } = JSON.parse(readFileSync(path, 'utf8')) as { readonly pid: number };
    return isAlive(pid) ? pid : undefined;
  }

  /** The pid of the router's process. */
  get routerPid(): number | undefined {
    return processesNaming(`${sha256(this.root).slice(0, 12)}/router.sock`).find(({ pid }) => isAlive(pid))
      ?.pid;
  }

  killDaemon(): number {
    const pid = this.daemonPid;
    if (pid === undefined) throw new Error('no daemon runs');
    killHard(pid);
    return pid;
  }

  killRouter(): number {
    const pid = this.routerPid;
    if (pid === undefined) throw new Error('no router runs');
    killHard(pid);
    return pid;
  }

  /** Takes away everything that the test made, whatever state it is in. */
  async dispose(): Promise<void> {
    for (const command of this.#commands) await command.kill();
    this.#commands.clear();
    if (existsSync(join(this.root, 'functions.yml'))) {
      const { DOCKER_HOST: _other, ...env } = this.env;
      const down = new Command(['down', '--images'], this.root, {
        ...env,
        DOCKER_HOST: `unix://${ENGINE_SOCKET}`,
      });
      const late = setTimeout(() => down.child.kill('SIGKILL'), 40_000);
      await down.ended;
      clearTimeout(late);
    }
    await removeProject(this.root);
    rmSync(this.#base, { recursive: true, force: true });
  }
}

/** A project that is taken away when the test ends. */
export function testProject(settings: Settings = {}): TestProject {
  const project = new TestProject(settings);
  onTestFinished(() => project.dispose(), 60_000);
  return project;
}
