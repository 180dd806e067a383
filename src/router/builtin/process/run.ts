import { readRoutesFile } from '../../routes-file.ts';
import type { Served } from '../../routes-file.ts';
import { ACCESS_FDS } from '../protocol.ts';
import type { Kind, ProcessOptions } from '../protocol.ts';
import { DataPlane } from '../proxy/data-plane.ts';
import { ControlServer } from './control-server.ts';
import { AccessFile } from './access-file.ts';
import { errorFields, log } from './log.ts';
import { dropPrivileges } from './privileges.ts';
import { forkSuccessor, inherit, tellReady } from './succession.ts';

/** Runs the data plane in this process until it is told to stop. `kind` is what it says of itself. */
export async function runDataPlane(options: ProcessOptions, kind: Kind): Promise<void> {
  const access = options.accessLog === true ? openAccessFile() : undefined;
  const plane = new DataPlane(
    (error) => log('a request met a defect of the router', errorFields(error)),
    access,
  );
  let leaving = false;

  const leave = async (quiet: 'now' | 'later'): Promise<void> => {
    if (leaving) return;
    leaving = true;
    await plane.stop({ quiet });
    await access?.flush();
    log('stopped');
    process.exit(0);
  };

  const control = new ControlServer(
    { ...kind, pid: process.pid },
    {
      configure: async ({ settings, table }) => ({ url: await plane.configure(settings, table) }),
      table: (table) => {
        plane.setTable(table);
        return null;
      },
      drain: async ({ instance, deadlineMs }) => {
        await plane.drain(instance, deadlineMs);
        return null;
      },
      inFlight: () => ({ functions: plane.inFlight(), instances: plane.inFlightByInstance() }),
      stop: () => {
        void leave('now');
        return null;
      },
      handover: async (successor) => {
        const { listening } = plane;
        if (listening === undefined || control.socket === undefined)
          throw new Error('there is nothing to hand over');
        const pid = await forkSuccessor(
          successor,
          options,
          listening.socket,
          listening.asked,
          control.socket,
        );
        setImmediate(() => {
          control.close();
          control.disconnect();
          void leave('later');
        });
        return { pid };
      },
    },
  );

  process.on('SIGTERM', () => void leave('now'));
  process.on('SIGINT', () => void leave('now'));
  // One request's defect must not end the others'. What they share is replaced as a whole, so it stays sound.
  process.on('uncaughtException', (error) => log('an exception was not caught', errorFields(error)));
  process.on('unhandledRejection', (error) => log('a rejection was not handled', errorFields(error)));

  if (options.successor) {
    const inherited = await inherit();
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
