import type { Duplex } from 'node:stream';
import { PassThrough } from 'node:stream';

import type { Clock } from '../../core/clock.ts';
import { FaasoError } from '../../core/errors.ts';
import type { InstanceId } from '../../core/names.ts';
import type { ExecRequest, ExecSession } from '../engine.ts';
import type { Connection } from './connection.ts';
import { CALL_DEADLINE_MS } from './connection.ts';
import { withDeadline } from './deadline.ts';
import { unless } from './errors.ts';
import type { Frame } from './frames.ts';
import { frames } from './frames.ts';
import { inspectManaged } from './instances.ts';

/** 409: it is paused or has ended. */
const NOT_RUNNING = [404, 409];
const FIRST_POLL_MS = 15;
const LAST_POLL_MS = 300;
/** What a terminal makes an interrupt and an end of input of. */
const CTRL_C_CTRL_D = '\u0003\u0004';

interface ExecState {
  readonly Running: boolean;
  /** `null` before it has ended. */
  readonly ExitCode: number | null;
  /** 0 when it was never started. */
  readonly Pid: number;
}

/** Runs a program in an instance of faaso. */
export async function execInInstance(
  connection: Connection,
  clock: Clock,
  id: InstanceId,
  request: ExecRequest,
): Promise<ExecSession> {
  const execId = await prepare(connection, id, request);
  const ended = new AbortController();
  const opened: { socket?: Duplex } = {};
  const bytes = await connection.open('run a program', ended.signal, async (docker, abortSignal) => {
    const Tty = request.terminal !== undefined;
    const options = { hijack: true, stdin: true, Detach: false, Tty, abortSignal };
    opened.socket = await docker.getExec(execId).start(options);
    return readable(opened.socket);
  });
  const { socket } = opened;
  if (socket === undefined) throw new FaasoError('internal', 'a stream was opened without a socket');
  const close = (): void => {
    ended.abort();
    socket.destroy();
  };
  const gone = new Promise<void>((resolve) => socket.once('end', resolve).once('close', resolve));

  const resize: ExecSession['resize'] = async ({ columns, rows }) => {
    const endedAlready = [404, 409, 500];
    await unless(
      endedAlready,
      connection.call('resize a terminal', (docker, abortSignal) =>
        docker.getExec(execId).resize({ w: columns, h: rows, abortSignal }),
      ),
    );
  };

  try {
    if (!(await hasStarted(connection, clock, execId))) {
      throw await startError(connection, id, request, words(bytes, request));
    }
    // The engine learned only with API 1.42 to start with a size.
    if (request.terminal !== undefined) await resize(request.terminal);
  } catch (error) {
    close();
    throw error;
  }

  return {
    output: request.terminal === undefined ? frames(bytes) : asStdout(bytes),
    write: (data) => void (socket.writable && socket.write(data)),
    end: () => void socket.end(),
    resize,
    exitCode: () => exitCode(connection, clock, execId, gone),
    close() {
      // The engine keeps a terminal open when its client goes, and the shell in it would wait for ever.
      if (request.terminal === undefined || !socket.writable) close();
      else socket.end(CTRL_C_CTRL_D, close);
    },
  };
}

/** One who stops to read may still write: without this the end of the reading would be that of the connection. */
function readable(socket: Duplex): PassThrough {
  const output = new PassThrough();
  socket.on('error', (error) => output.destroy(error)).on('close', () => output.end());
  // Whoever reads gets the error too; without a reader it would end the process.
  return socket.pipe(output).on('error', () => undefined);
}

async function prepare(
  connection: Connection,
  id: InstanceId,
  { command, terminal }: ExecRequest,
): Promise<string> {
  const container = await inspectManaged(connection, id);
  if (container === undefined || !container.State.Running || container.State.Paused) throw notRunning();
  const created = await unless(
    NOT_RUNNING,
    connection.call('prepare a program', (docker, abortSignal) =>
      docker.getContainer(id).exec({
        AttachStdin: true,
        AttachStdout: true,
        AttachStderr: true,
        Tty: terminal !== undefined,
        Cmd: [...command],
        abortSignal,
      }),
    ),
  );
  if (created === undefined) throw notRunning();
  return created.id;
}

/**
 * The engine takes the connection before it tries to start the program, and has no event for what comes of it; a
 * program may be silent for ever. So it is asked until it knows.
 */
async function hasStarted(connection: Connection, clock: Clock, execId: string): Promise<boolean> {
  const late = (): Error =>
    new FaasoError(
      'engine-timeout',
      `the engine took longer than ${CALL_DEADLINE_MS / 1000} s to run a program`,
      { hint: 'look whether the engine hangs: docker info' },
    );
  return withDeadline(clock, CALL_DEADLINE_MS, late, async (signal) => {
    for (;;) {
      const state = await inspectExec(connection, execId);
      if (state === undefined || state.Pid > 0) return true;
      if (!state.Running && state.ExitCode !== null) return false;
      await clock.sleep(FIRST_POLL_MS, signal);
    }
  });
}

/** The stream may end a little before the engine knows the code, and is at its end only for somebody who reads it. */
async function exitCode(
  connection: Connection,
  clock: Clock,
  execId: string,
  gone: Promise<void>,
): Promise<number> {
  let woken: Promise<void> | undefined = gone;
  for (let waitMs = FIRST_POLL_MS; ; waitMs = Math.min(waitMs * 2, LAST_POLL_MS)) {
    const state = await inspectExec(connection, execId);
    if (state === undefined) throw notRunning('the instance was removed while the program ran');
    if (!state.Running && state.ExitCode !== null) return state.ExitCode;
    const pause = clock.sleep(waitMs);
    if (woken === undefined) await pause;
    else await Promise.race([pause, woken.then(() => (woken = undefined))]);
  }
}

async function inspectExec(connection: Connection, execId: string): Promise<ExecState | undefined> {
  const state = await unless(
    [404],
    connection.call('inspect a program', (docker, abortSignal) =>
      docker.getExec(execId).inspect({ abortSignal }),
    ),
  );
  return state;
}

async function* asStdout(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Frame> {
  for await (const chunk of bytes) yield { stream: 'stdout', data: Buffer.from(chunk) };
}

/** The engine says in the program's own output why it could not be run. */
async function words(bytes: AsyncIterable<Uint8Array>, { terminal }: ExecRequest): Promise<string> {
  const said: Buffer[] = [];
  for await (const { data } of terminal === undefined ? frames(bytes) : asStdout(bytes)) said.push(data);
  return Buffer.concat(said).toString().trim();
}

async function startError(
  connection: Connection,
  id: InstanceId,
  { command }: ExecRequest,
  saying: Promise<string>,
): Promise<FaasoError> {
  const said = await saying;
  const container = await inspectManaged(connection, id);
  if (container?.State.Running !== true) return notRunning();
  const program = command[0] ?? '';
  // "OCI runtime exec failed: exec failed: unable to start container process: exec: "x": executable file …: unknown"
  const absent = /executable file not found|no such file or directory/i.test(said);
  return new FaasoError(
    'start-failed',
    absent
      ? `the container has no program ${program}`
      : `the program ${program} cannot be run in the container`,
    { details: [said], hint: 'name a program that is in the image, by its path if it is not in PATH' },
  );
}

function notRunning(message = 'the instance does not run'): FaasoError {
  return new FaasoError('function-not-running', message, { hint: 'see what became of it: faaso status' });
}
