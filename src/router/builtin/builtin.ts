import type { ChildProcess } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

import type { Clock } from '../../core/clock.ts';
import { systemClock } from '../../core/clock.ts';
import { FaasoError } from '../../core/errors.ts';
import type { FunctionName, InstanceId } from '../../core/names.ts';
import type { RouterSettings } from '../../core/specs.ts';
import type { Router, RouterStatus, RouteTable } from '../router.ts';
import { connectDataPlane, openIfRunning } from './adapter/connect.ts';
import type { Connected } from './adapter/connect.ts';
import { CallFailed } from './adapter/control-client.ts';
import type { ControlClient } from './adapter/control-client.ts';
import { inUse } from '../port-owner.ts';
import { downBecause, Status } from '../status.ts';
import { readRoutesFile, writeRoutesFile } from '../routes-file.ts';
import type { Served } from '../routes-file.ts';

export interface BuiltinRouterOptions {
  /** The data plane's private socket; its folder is made, with mode 0700. At most 100 bytes. */
  readonly socketPath: string;
  /** Where the last table is kept. */
  readonly routesFile: string;
  /** The data plane's log, appended to. */
  readonly logFile: string;
  /** The access log, appended to; absent: none is written. */
  readonly accessLogFile?: string;
  readonly clock?: Clock;
}

const CALL_MS = 10_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 10_000;
/** A data plane that lived this long may be started again without a pause. */
const STEADY_MS = 10_000;

/** The router whose data plane is a process of its own. See {@link Router}. */
export function createBuiltinRouter(options: BuiltinRouterOptions): Router {
  return new BuiltinRouter(options);
}

class BuiltinRouter implements Router {
  readonly kind = 'builtin';
  private readonly options: BuiltinRouterOptions;
  private readonly clock: Clock;
  private readonly state = new Status();
  private served: Served | undefined;
  private client: ControlClient | undefined;
  private closed = false;
  /** How often in a row the data plane ended soon, or could not be started. */
  private deaths = 0;
  /** Changes reach the data plane one after the other. */
  private queue: Promise<unknown> = Promise.resolve();

  constructor(options: BuiltinRouterOptions) {
    this.options = options;
    this.clock = options.clock ?? systemClock;
  }

  async start(settings: RouterSettings, table: RouteTable): Promise<void> {
    await this.enqueue(async () => {
      this.closed = false;
      await mkdir(dirname(this.options.socketPath), { recursive: true, mode: 0o700 });
      const before = this.served;
      const kept = before ?? (await readRoutesFile(this.options.routesFile));
      try {
        await this.keep({ settings, table });
        await this.bringUp({ settings, table });
      } catch (error) {
        // What is served still is what was served before.
        if (kept !== undefined) await this.keep(kept);
        this.served = before;
        throw error;
      }
    });
  }

  async resume(): Promise<boolean> {
    const last = await readRoutesFile(this.options.routesFile);
    if (last === undefined) return false;
    await this.start(last.settings, last.table);
    return true;
  }

  async setTable(table: RouteTable): Promise<void> {
    await this.enqueue(async () => {
      if (this.served === undefined) throw new FaasoError('internal', 'the router was not started');
      this.served = { settings: this.served.settings, table };
      const sent = this.client?.call('table', table, CALL_MS);
      // Beside it, so that neither a slow nor a full disk keeps requests on an instance that is about to go. And whatever
      // comes of it: a data plane that did not answer in time may serve the table all the same.
      const [answered, kept] = await Promise.allSettled([sent, this.keep(this.served)]);
      // A data plane that has just gone gets the table when it is back.
      if (answered.status === 'rejected' && this.client !== undefined) throw answered.reason;
      if (kept.status === 'rejected') throw kept.reason;
    });
  }

  async drain(instance: InstanceId, deadlineMs: number): Promise<void> {
    const { client } = this;
    try {
      await client?.call('drain', { instance, deadlineMs }, deadlineMs + CALL_MS);
    } catch (error) {
      // Nothing is in flight in a process that is gone.
      if (client === this.client) throw error;
    }
  }

  async inFlight(): Promise<Readonly<Record<FunctionName, number>>> {
    if (this.client === undefined) return {};
    return (await this.client.call('inFlight', null, CALL_MS)).functions;
  }

  status(): RouterStatus {
    return this.state.current;
  }

  onStatus(listener: (status: RouterStatus) => void): () => void {
    return this.state.subscribe(listener);
  }

  async close(mode: 'leave' | 'stop'): Promise<void> {
    this.closed = true;
    await this.enqueue(async () => {
      const client =
        this.client ?? (mode === 'stop' ? await openIfRunning(this.options.socketPath) : undefined);
      this.client = undefined;
      if (mode === 'stop' && client !== undefined) {
        await client.call('stop', null, CALL_MS);
        await client.closed;
        await rm(this.options.socketPath, { force: true });
      }
      client?.close();
      this.state.set({ kind: 'down', reason: mode === 'stop' ? 'stopped' : 'left running' });
    });
  }

  /** Connects, starts or replaces the data plane, and has it serve. */
  private async bringUp(served: Served): Promise<void> {
    const known = this.client;
    const { client, started }: Connected =
      known === undefined ? await connectDataPlane(this.options, served) : { client: known };
    try {
      const { url } = await client.call('configure', served, CALL_MS);
      if (client !== known) this.watch(client);
      await this.keepPort(served, url);
      this.state.set({ kind: 'serving', url, pid: client.hello.pid });
    } catch (error) {
      // One that was there before goes on serving what it served.
      if (started !== undefined) await stopProcess(client, started, error);
      else if (client !== known) client.close();
      throw error instanceof CallFailed ? await listenFailed(served.settings, error) : error;
    }
  }

  /** A port that the system chose stays when the data plane is started again. */
  private async keepPort({ settings, table }: Served, url: string): Promise<void> {
    if (settings.port === 0)
      await this.keep({ settings: { ...settings, port: Number(new URL(url).port) }, table });
  }

  private watch(client: ControlClient): void {
    this.client = client;
    const since = this.clock.now();
    void client.closed.then(async () => {
      if (this.client !== client) return;
      this.client = undefined;
      if (this.closed) return;
      this.state.set({ kind: 'down', reason: "the router's process ended" });
      if (this.clock.now() - since >= STEADY_MS) this.deaths = 0;
      await this.restart();
    });
  }

  /** Starts the data plane until it serves or the router is closed: at once, then with a pause that doubles. */
  private async restart(): Promise<void> {
    while (!this.closed && this.client === undefined) {
      const pause =
        this.deaths === 0 ? 0 : Math.min(FIRST_PAUSE_MS * 2 ** (this.deaths - 1), LONGEST_PAUSE_MS);
      this.deaths++;
      await this.clock.sleep(pause);
      await this.enqueue(async () => {
        if (this.closed || this.client !== undefined || this.served === undefined) return;
        await this.bringUp(this.served);
      }).catch((error: unknown) => {
        this.state.set(downBecause(error));
      });
    }
  }

  private async keep(served: Served): Promise<void> {
    await writeRoutesFile(this.options.routesFile, served);
    this.served = served;
  }

  private async enqueue<T>(task: () => Promise<T>): Promise<T> {
    const run = this.queue.then(task);
    this.queue = run.catch(() => undefined);
    return await run;
  }
}

/** Ends a process that failed to serve. One that does not answer is killed. */
async function stopProcess(client: ControlClient, child: ChildProcess, error: unknown): Promise<void> {
  const kill = (): void => void child.kill('SIGKILL');
  if (error instanceof CallFailed) await client.call('stop', null, CALL_MS).catch(kill);
  else kill();
  const timer = setTimeout(kill, CALL_MS);
  await client.closed;
  clearTimeout(timer);
}

async function listenFailed(settings: RouterSettings, error: CallFailed): Promise<FaasoError> {
  const address = `${settings.host}:${settings.port}`;
  if (error.code !== 'EADDRINUSE') {
    return new FaasoError('listen-failed', `the router cannot listen on ${address} (${error.message})`, {
      cause: error,
      // A running data plane has given up the right to open such a port.
      hint:
        error.code === 'EACCES' ? 'restart the daemon as root' : 'change `router.listen` in functions.yml',
    });
  }
  return await inUse(settings.host, settings.port, error);
}
