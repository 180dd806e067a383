import { chmod, rename } from 'node:fs/promises';
import { PassThrough } from 'node:stream';

import { fastify } from 'fastify';
import type { FastifyInstance, FastifyReply } from 'fastify';

import { errorData, FaasoError, toFaasoError } from '../core/errors.ts';
import type { PruneFlags } from '../core/disk.ts';
import type { Reading } from '../project/load.ts';
import type { DaemonStatus, Listener, RunAction } from './api.ts';
import type { StreamLine } from './http.ts';
import type { ControlPlane } from './plane.ts';
import { version } from './version.ts';

/** A whole environment travels with an apply. */
const BODY_LIMIT = 8 * 1024 * 1024;

export interface ServerParts {
  readonly plane: ControlPlane;
  readonly daemon: () => DaemonStatus;
  /** Ends this process once the answer is out. */
  readonly end: (reason: string, router: 'leave' | 'stop') => void;
}

interface RunBody extends Reading {
  readonly runId: string;
  readonly by: string;
  readonly action: RunAction;
}

interface DownBody {
  readonly runId: string;
  readonly images: boolean;
  readonly volumes: boolean;
}

/** The control plane's HTTP server. Who can open the socket (mode 0600) may do everything. */
export function createServer({ plane, daemon, end }: ServerParts): FastifyInstance {
  const server = fastify({ logger: false, bodyLimit: BODY_LIMIT, forceCloseConnections: true });
  const cancels = new Map<string, AbortController>();
  server.setErrorHandler((error, _request, reply) => {
    const known = toFaasoError(error);
    void reply.code(known.kind.http).send(errorData(known));
  });
  server.setNotFoundHandler((request, reply) => {
    const message = `faaso ${version()} has no ${request.method} ${request.url}`;
    const unknown = new FaasoError('usage', message, {
      hint: 'the daemon is of another version: faaso daemon restart',
    });
    void reply.code(404).send(errorData(unknown));
  });
  server.get('/v1/daemon', () => daemon());
  server.get<{ Querystring: { cwd?: string } }>('/v1/status', ({ query }) => plane.status(query.cwd ?? '/'));
  server.get<{ Params: { name: string } }>('/v1/functions/:name/probe', ({ params }) =>
    plane.lastProbe(params.name),
  );
  server.post<{ Body: RunBody }>('/v1/runs', (request, reply) => {
    const { runId, by, action, file, overlays, env } = request.body;
    const reading = { file, overlays, env };
    const cancel = new AbortController();
    cancels.set(runId, cancel);
    // A client that goes away cannot see what it asked for any more: the same as Ctrl-C.
    reply.raw.on('close', () => cancel.abort(cancelled()));
    return stream(reply, async (listener) => {
      try {
        return await plane.run({ runId, by, action, reading, isTyped: true }, listener, cancel.signal);
      } finally {
        cancels.delete(runId);
      }
    });
  });
  server.delete<{ Params: { runId: string } }>('/v1/runs/:runId', (request) => {
    cancels.get(request.params.runId)?.abort(cancelled());
    return {};
  });
  server.post<{ Body: { runId: string; flags: PruneFlags } }>('/v1/prune', (request, reply) =>
    stream(reply, (listener) => plane.prune(request.body.runId, request.body.flags, listener)),
  );
  server.post<{ Body: DownBody }>('/v1/down', (request, reply) =>
    stream(reply, async (listener) => {
      const { runId, images, volumes } = request.body;
      const answer = await plane.down(runId, { images, volumes }, listener);
      whenOut(reply, () => end('taken down by "faaso down"', 'stop'));
      return answer;
    }),
  );
  server.post('/v1/stop', (_request, reply) => {
    whenOut(reply, () => end('stopped by "faaso daemon stop"', 'leave'));
    return {};
  });
  return server;
}

/**
 * Listens on a unix socket that only this user can open. It is made under another name and renamed: closing it removes
 * that other name, and never the socket of a daemon that came after.
 */
export async function listen(server: FastifyInstance, path: string): Promise<void> {
  const temporary = `${path}.${process.pid}`;
  await server.listen({ path: temporary });
  await chmod(temporary, 0o600);
  await rename(temporary, path);
}

/** Once the answer has left this process, or whoever asked has gone. */
function whenOut(reply: FastifyReply, then: () => void): void {
  if (reply.raw.closed) then();
  else reply.raw.once('close', then);
}

function stream(reply: FastifyReply, work: (listener: Listener) => Promise<unknown>): FastifyReply {
  const lines = new PassThrough();
  const write = (line: StreamLine): void => {
    if (!lines.destroyed) lines.write(`${JSON.stringify(line)}\n`);
  };
  work((event) => write({ kind: 'event', event }))
    .then(
      (answer) => write({ kind: 'answer', answer }),
      (error: unknown) => write({ kind: 'error', error: errorData(error) }),
    )
    .finally(() => lines.end());
  return reply.type('application/x-ndjson').send(lines);
}

function cancelled(): FaasoError {
  return new FaasoError('interrupted', 'cancelled', { hint: 'run it again to bring the rest about' });
}
