import { readRoutesFile } from '../../routes-file.ts';
import type { Served } from '../../routes-file.ts';
import { ACCESS_FDS } from '../protocol.ts';
import type { Kind, ProcessOptions } from '../protocol.ts';
import { DataPlane } from '../proxy/data-plane.ts';
import { ControlServer } from './control-server.ts';
import type { Handlers } from './control-server.ts';
import { AccessFile } from './access-file.ts';
import { dropUnwritable, errorFields, log } from './log.ts';
import { heed, Predecessor } from './predecessor.ts';
import { dropPrivileges } from './privileges.ts';
import { forkSuccessor, inherit, tellReady } from './succession.ts';

/** Runs the data plane in this process until it is told to stop. `kind` is what it says of itself. */
export async function runDataPlane(options: ProcessOptions, kind: Kind): Promise<void> {
  dropUnwritable();
  const access = options.accessLog === true ? openAccessFile() : undefined;
  const plane = new DataPlane(
    (error) => log('a request met a defect of the router', errorFields(error)),
    access,
  );
  let leaving = false;
  let predecessor: Predecessor | undefined;

  const leave = async (quiet: 'now' | 'later'): Promise<void> => {
    const stopped = plane.stop({ quiet });
    if (quiet === 'now') void predecessor?.call('stop', null);
    if (leaving) return;
    leaving = true;
    await stopped;
    // Whoever asks this process asks the one before it, too.
    if (quiet === 'later' || predecessor?.isUnderstood === true) await predecessor?.ended(plane.drainLimitMs);
    await access?.flush();
    log('stopped');
    process.exit(0);
  };

  const handlers: Handlers = {
    configure: async (served) => {
      const url = await plane.configure(served.settings, served.table);
      await predecessor?.call('configure', served);
      return { url };
    },
    table: async (table) => {
      plane.setTable(table);
      await predecessor?.call('table', table);
      return null;
    },
    drain: async (params) => {
      await Promise.all([plane.drain(params.instance, params.deadlineMs), predecessor?.drain(params)]);
      return null;
    },
    inFlight: async () => {
      const own = { functions: plane.inFlight(), instances: plane.inFlightByInstance() };
      const others = await predecessor?.call('inFlight', null);
      return {
        functions: sum(own.functions, others?.functions),
        instances: sum(own.instances, others?.instances),
      };
    },
    stop: () => {
      void leave('now');
      return null;
    },
    handover: async (successor) => {
      const { listening } = plane;
      if (listening === undefined || control.socket === undefined)
        throw new Error('there is nothing to hand over');
      const child = await forkSuccessor(successor, options, {
        router: listening.socket,
        asked: listening.asked,
        control: control.socket,
        protocol: kind.protocol,
      });
      heed(child, {
        ...handlers,
        configure: async (served) => {
          plane.apply(served.settings, served.table);
          await predecessor?.call('configure', served);
          return { url: '' };
        },
      });
      setImmediate(() => {
        control.close();
        control.disconnect();
        void leave('later');
      });
      return { pid: child.pid ?? 0 };
    },
  };
  const control = new ControlServer({ ...kind, pid: process.pid }, handlers);

  process.on('SIGTERM', () => void leave('now'));
  process.on('SIGINT', () => void leave('now'));
  // One request's defect must not end the others'. What they share is replaced as a whole, so it stays sound.
  process.on('uncaughtException', (error) => log('an exception was not caught', errorFields(error)));
  process.on('unhandledRejection', (error) => log('a rejection was not handled', errorFields(error)));

  if (options.successor) {
    const inherited = await inherit();
    predecessor = new Predecessor(inherited.pid, inherited.protocol === kind.protocol);
    const served = inherited.state as Served;
    await plane.adopt(served.settings, served.table, inherited.router, inherited.asked);
    control.adopt(inherited.control);
  } else {
    const last = await readRoutesFile(options.routesFile);
    if (last !== undefined) {
      await plane
        .configure(last.settings, last.table)
        .catch((error: unknown) => log('cannot listen', errorFields(error)));
    }
    await control.listen(options.socketPath);
  }
  const dropped = dropPrivileges();
  log('serving', {
    pid: process.pid,
    ...kind,
    url: plane.listening === undefined ? null : plane.url(),
    dropped,
  });
  if (options.successor) tellReady();
}

function openAccessFile(): AccessFile {
  const [file, earlier] = ACCESS_FDS;
  return new AccessFile(file, earlier, (error) =>
    log('the access log cannot be written', errorFields(error)),
  );
}

function sum(
  some: Readonly<Record<string, number>>,
  others: Readonly<Record<string, number>> = {},
): Record<string, number> {
  // Without a prototype: a function may be called `constructor`.
  const all = Object.assign(Object.create(null), some) as Record<string, number>;
  for (const [name, count] of Object.entries(others)) all[name] = (all[name] ?? 0) + count;
  return all;
}
