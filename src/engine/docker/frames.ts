const HEADER_BYTES = 8;
const STDERR = 2;

/** A piece of one of the two streams that the engine sends as one. */
export interface Frame {
  readonly stream: 'stdout' | 'stderr';
  readonly data: Buffer;
}

/**
 * Takes the engine's multiplexed stream apart.
 * Format: https://docs.docker.com/reference/api/engine/ ("Stream format" of attach)
 */
export async function* frames(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Frame> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of stream) {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= HEADER_BYTES && rest.length >= HEADER_BYTES + rest.readUInt32BE(4)) {
      const end = HEADER_BYTES + rest.readUInt32BE(4);
      yield { stream: rest[0] === STDERR ? 'stderr' : 'stdout', data: rest.subarray(HEADER_BYTES, end) };
      rest = rest.subarray(end);
    }
  }
}
