/**
 * The few protobuf messages of BuildKit that faaso reads and writes, by field number. Sources:
 * moby/buildkit api/services/control/control.proto, session/secrets/secrets.proto, session/auth/auth.proto;
 * grpc/grpc health/v1/health.proto. Fields that are not listed are skipped by the decoder.
 */
import protobuf from 'protobufjs/light.js';

const root = protobuf.Root.fromJSON({
  nested: {
    Timestamp: { fields: { seconds: { type: 'int64', id: 1 }, nanos: { type: 'int32', id: 2 } } },
    Vertex: {
      fields: {
        digest: { type: 'string', id: 1 },
        name: { type: 'string', id: 3 },
        cached: { type: 'bool', id: 4 },
        started: { type: 'Timestamp', id: 5 },
        completed: { type: 'Timestamp', id: 6 },
        error: { type: 'string', id: 7 },
      },
    },
    VertexLog: { fields: { vertex: { type: 'string', id: 1 }, msg: { type: 'bytes', id: 4 } } },
    StatusResponse: {
      fields: {
        vertexes: { rule: 'repeated', type: 'Vertex', id: 1 },
        logs: { rule: 'repeated', type: 'VertexLog', id: 3 },
      },
    },
    GetSecretRequest: { fields: { id: { type: 'string', id: 1 } } },
    GetSecretResponse: { fields: { data: { type: 'bytes', id: 1 } } },
    CredentialsResponse: {
      fields: { username: { type: 'string', id: 1 }, secret: { type: 'string', id: 2 } },
    },
    HealthCheckResponse: { fields: { status: { type: 'int32', id: 1 } } },
    Empty: { fields: {} },
  },
});

/** One step of a build, as far as it is known; sent again whenever something of it changes. */
export interface Vertex {
  readonly digest: string;
  readonly name: string;
  readonly cached: boolean;
  readonly started: boolean;
  readonly completed: boolean;
  /** Empty unless the step failed. */
  readonly error: string;
}

interface VertexLog {
  /** Digest of the step that wrote it. */
  readonly vertex: string;
  readonly msg: Uint8Array;
}

export interface BuildStatus {
  readonly vertexes: readonly Vertex[];
  readonly logs: readonly VertexLog[];
}

interface RawStatus {
  readonly vertexes: readonly (Omit<Vertex, 'started' | 'completed'> & {
    started: unknown;
    completed: unknown;
  })[];
  readonly logs: readonly VertexLog[];
}

/** Decodes one message of the progress stream. */
export function decodeStatus(data: Uint8Array): BuildStatus {
  const type = root.lookupType('StatusResponse');
  const status = type.toObject(type.decode(data), { defaults: true, arrays: true }) as RawStatus;
  return {
    vertexes: status.vertexes.map((vertex) => ({
      ...vertex,
      started: vertex.started !== null,
      completed: vertex.completed !== null,
    })),
    logs: status.logs,
  };
}

/** Encoder and decoder of one message, in the form that a gRPC server wants. */
export interface Codec {
  readonly encode: (value: Readonly<Record<string, unknown>>) => Buffer;
  readonly decode: (data: Buffer) => Readonly<Record<string, unknown>>;
}

/** The codec of a message named in this file. */
export function codec(
  name: 'GetSecretRequest' | 'GetSecretResponse' | 'CredentialsResponse' | 'HealthCheckResponse' | 'Empty',
): Codec {
  const type = root.lookupType(name);
  return {
    encode: (value) => Buffer.from(type.encode(type.fromObject(value)).finish()),
    decode: (data) => type.toObject(type.decode(data), { defaults: true }),
  };
}
