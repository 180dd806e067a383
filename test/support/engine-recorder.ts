import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { ENGINE_SOCKET } from './local-engine.ts';

/** A proxy in front of the engine that notes what is asked of it. */
export interface EngineRecorder {
  /** For `DOCKER_HOST`. */
  readonly host: string;
  /** `METHOD /path` without the API's version. */
  readonly calls: readonly string[];
  /** Calls that change something. */
  readonly writes: () => readonly string[];
  readonly close: () => Promise<void>;
}

export async function startRecorder(): Promise<EngineRecorder> {
  const folder = await mkdtemp(join(tmpdir(), 'faaso-recorder-'));
  const path = join(folder, 'engine.sock');
  const calls: string[] = [];
  const note = (method = '', url = ''): void => {
    calls.push(`${method} ${url.replace(/^\/v[\d.]+/, '')}`);
  };
  const server = createServer((incoming, outgoing) => {
    note(incoming.method, incoming.url);
    const { method, url, headers } = incoming;
    const forwarded = request({ socketPath: ENGINE_SOCKET, method, path: url, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    forwarded.on('error', () => outgoing.destroy());
    outgoing.on('close', () => forwarded.destroy());
    incoming.pipe(forwarded);
  });
  server.on('upgrade', (incoming, socket, head) => {
    note(incoming.method, incoming.url);
    const engine = connect(ENGINE_SOCKET);
    const lines = incoming.rawHeaders.flatMap((name, i, all) =>
      i % 2 === 0 ? [`${name}: ${all[i + 1] ?? ''}`] : [],
    );
    engine.write(`${incoming.method ?? ''} ${incoming.url ?? ''} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
    engine.write(head);
    socket.on('error', () => engine.destroy()).pipe(engine);
    engine.on('error', () => socket.destroy()).pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return {
    host: `unix://${path}`,
    calls,
    writes: () => calls.filter((call) => !/^(?:GET|HEAD) /.test(call)),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true, force: true });
    },
  };
}
