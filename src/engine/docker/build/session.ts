import type { handleUnaryCall } from '@grpc/grpc-js';
import { Server, ServerCredentials, status } from '@grpc/grpc-js';
import type Dockerode from 'dockerode';
import { randomUUID } from 'node:crypto';
import type { Duplex } from 'node:stream';

import type { Codec } from './messages.ts';
import { codec } from './messages.ts';

/** What the engine may ask the client for while it builds. */
export interface Session {
  /** Goes into the build request. */
  readonly id: string;
  close(): void;
}

type Message = Readonly<Record<string, unknown>>;

interface Method {
  readonly path: string;
  readonly request: Codec;
  readonly response: Codec;
  readonly handle: handleUnaryCall<Message, Message>;
}

/**
 * Opens a BuildKit session: an HTTP connection to the engine that is turned around, the engine calling gRPC
 * services of ours. It serves health (newer engines end a session that does not answer), secrets, and empty
 * registry credentials. Secrets go out over it only on request and are never written anywhere by the engine.
 */
export async function openSession(
  docker: Dockerode,
  secrets: Readonly<Record<string, Uint8Array>>,
  signal: AbortSignal,
): Promise<Session> {
  const id = randomUUID();
  const methods = [healthMethod, credentialsMethod, secretMethod(secrets)];
  const socket = await connect(
    docker,
    id,
    methods.map((method) => method.path),
    signal,
  );
  const server = new Server();
  for (const { path, handle, request, response } of methods) {
    server.register(path, handle, response.encode, request.decode, 'unary');
  }
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  // The engine resets the connection when the build has ended; there is nothing left to lose then.
  socket.on('error', () => undefined);
  injector.injectConnection(socket);
  return {
    id,
    close: () => {
      injector.destroy();
      server.forceShutdown();
      socket.destroy();
    },
  };
}

function connect(
  docker: Dockerode,
  id: string,
  methods: readonly string[],
  signal: AbortSignal,
): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const request = {
      path: '/session',
      method: 'POST',
      hijack: true,
      abortSignal: signal,
      headers: {
        Upgrade: 'h2c',
        'X-Docker-Expose-Session-Uuid': id,
        'X-Docker-Expose-Session-Name': 'faaso',
        'X-Docker-Expose-Session-Grpc-Method': [...methods],
      },
      statusCodes: { 101: true },
    };
    docker.modem.dial(request, (error: unknown, socket: unknown) => {
      if (error === null || error === undefined) resolve(socket as Duplex);
      else reject(error as Error);
    });
  });
}

const SERVING = 1;

const healthMethod: Method = {
  path: '/grpc.health.v1.Health/Check',
  request: codec('Empty'),
  response: codec('HealthCheckResponse'),
  handle: (_call, reply) => reply(null, { status: SERVING }),
};

/** Base images are pulled before the build starts, so a build itself needs no credentials. */
const credentialsMethod: Method = {
  path: '/moby.filesync.v1.Auth/Credentials',
  request: codec('Empty'),
  response: codec('CredentialsResponse'),
  handle: (_call, reply) => reply(null, {}),
};

function secretMethod(secrets: Readonly<Record<string, Uint8Array>>): Method {
  return {
    path: '/moby.buildkit.secrets.v1.Secrets/GetSecret',
    request: codec('GetSecretRequest'),
    response: codec('GetSecretResponse'),
    handle: ({ request }, reply) => {
      const name = String(request['id']);
      if (Object.hasOwn(secrets, name)) reply(null, { data: secrets[name] });
      // BuildKit takes NOT_FOUND for "mount nothing" where the Dockerfile does not require the secret.
      else reply({ code: status.NOT_FOUND, details: `no secret ${name}` });
    },
  };
}
