import type { Socket } from 'node:net';

import type { FunctionName } from '../../../core/names.ts';
import type { Visit } from '../access/visit.ts';
import type { ResponseHead } from '../upstream/response-head.ts';
import type { Client, ClientActivity } from './client.ts';
import { CLOSE_GOING_AWAY, FrameTracker } from './frames.ts';
import type { InFlight, UpstreamInstance } from './instances.ts';
import { headLines } from './pairs.ts';

/** How long the other side may take to end after one side ended, or after a close frame. */
const CLOSE_MS = 900;

export interface TunnelEnds {
  readonly client: Client;
  readonly instance: UpstreamInstance;
  readonly functionName: FunctionName;
  readonly upstream: Socket;
  /** The 101 of the function. */
  readonly head: ResponseHead;
  readonly fromUpstream: Buffer;
  readonly fromClient: Buffer;
  readonly visit: Visit | undefined;
}

/** A WebSocket: bytes both ways, unchanged, until one side ends or the instance is drained. */
export class Tunnel implements InFlight, ClientActivity {
  readonly functionName: FunctionName;
  readonly endless = true;
  private readonly ends: TunnelEnds;
  private readonly frames = new FrameTracker();
  /** When everything is destroyed, in milliseconds of `performance.now()`. */
  private deadline = Infinity;
  private closing: 'no' | 'wanted' | 'sent' = 'no';

  constructor(ends: TunnelEnds) {
    this.ends = ends;
    this.functionName = ends.functionName;
  }

  start(): void {
    const { client, upstream, instance, head, fromUpstream, fromClient } = this.ends;
    instance.add(this);
    client.activities.add(this);
    client.socket.on('error', () => this.end());
    client.socket.on('end', () => this.end());
    client.socket.on('drain', () => upstream.resume());
    client.socket.on('data', this.onClientData);
    upstream.on('error', () => this.end());
    upstream.on('end', () => this.end());
    upstream.on('close', () => this.end());
    upstream.on('drain', () => client.socket.resume());
    upstream.on('data', this.onUpstreamData);

    client.socket.write(switchingHead(head), 'latin1');
    if (fromUpstream.length > 0) this.onUpstreamData(fromUpstream);
    if (fromClient.length > 0) this.onClientData(fromClient);
    upstream.resume();
    client.socket.resume();
  }

  tick(now: number): void {
    if (now >= this.deadline) this.destroy();
  }

  /** The function and the client both hear 1001: the client answers the close frame, and the answer is passed on. */
  endForDrain(): void {
    if (this.closing !== 'no') return;
    this.closing = 'wanted';
    this.deadline = performance.now() + CLOSE_MS;
    if (this.frames.atBoundary) this.sendClose();
  }

  onClientGone(): void {
    this.end();
  }

  /** Nothing is read as HTTP any more. */
  onBroken(): void {}

  private readonly onClientData = (chunk: Buffer): void => {
    const { upstream, visit } = this.ends;
    if (visit !== undefined) visit.bytesIn += chunk.length;
    if (!upstream.write(chunk)) this.ends.client.socket.pause();
  };

  private readonly onUpstreamData = (chunk: Buffer): void => {
    if (this.closing === 'sent') return;
    const length = this.frames.push(chunk, this.closing === 'wanted');
    const { visit } = this.ends;
    if (visit !== undefined) visit.bytesOut += length;
    const sent = this.ends.client.socket.write(length === chunk.length ? chunk : chunk.subarray(0, length));
    if (!sent) this.ends.upstream.pause();
    if (this.closing === 'wanted' && this.frames.atBoundary) this.sendClose();
  };

  private sendClose(): void {
    this.closing = 'sent';
    this.ends.client.socket.write(CLOSE_GOING_AWAY);
  }

  /** One side has ended: what is buffered still goes to the other, then it ends too. */
  private end(): void {
    const { client, upstream } = this.ends;
    this.deadline = Math.min(this.deadline, performance.now() + CLOSE_MS);
    if (!client.socket.destroyed) client.socket.destroySoon();
    if (!upstream.destroyed) upstream.destroySoon();
    if (client.socket.destroyed && upstream.destroyed) this.destroy();
  }

  private destroy(): void {
    const { client, upstream, instance, visit } = this.ends;
    client.socket.destroy();
    upstream.destroy();
    client.activities.delete(this);
    instance.delete(this);
    visit?.end(101);
  }
}

function switchingHead(head: ResponseHead): string {
  const { reason, upgrade = 'websocket', headers } = head;
  return `HTTP/1.1 101 ${reason}\r\nConnection: Upgrade\r\nUpgrade: ${upgrade}\r\n${headLines(headers)}\r\n`;
}
