/** Where WebSocket frames end (RFC 6455, 5.2). Knows nothing of their content. */
export class FrameTracker {
  /** Bytes of the current header that were read: 0 at a boundary. */
  private headerBytes = 0;
  private lengthBytes = 0;
  private maskBytes = 0;
  private length = 0;
  private payload = 0;

  /** Whether the next byte starts a frame. */
  get atBoundary(): boolean {
    return this.headerBytes === 0 && this.payload === 0;
  }

  /** Follows `chunk`; with `toBoundary` only up to the end of the current frame. Returns the bytes followed. */
  push(chunk: Uint8Array, toBoundary: boolean): number {
    let i = 0;
    while (i < chunk.length) {
      if (toBoundary && this.atBoundary) break;
      if (this.payload > 0) {
        const take = Math.min(this.payload, chunk.length - i);
        this.payload -= take;
        i += take;
      } else {
        this.header(chunk[i] ?? 0);
        i++;
      }
    }
    return i;
  }

  private header(byte: number): void {
    this.headerBytes++;
    if (this.headerBytes === 1) return;
    if (this.headerBytes === 2) {
      const short = byte & 0x7f;
      this.lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
      this.length = this.lengthBytes === 0 ? short : 0;
      this.maskBytes = (byte & 0x80) === 0 ? 0 : 4;
    } else if (this.lengthBytes > 0) {
      this.length = this.length * 256 + byte;
      this.lengthBytes--;
    } else {
      this.maskBytes--;
    }
    if (this.lengthBytes > 0 || this.maskBytes > 0) return;
    this.payload = this.length;
    this.headerBytes = 0;
  }
}

/** An unmasked close frame with code 1001, "going away". */
export const CLOSE_GOING_AWAY = Buffer.from([0x88, 0x02, 0x03, 0xe9]);
