import { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

import { Client } from './client.ts';
import { wantsWebSocket } from './request-rules.ts';

/**
 * Says before which requests Node's parser stops and hands over the connection: before a WebSocket's, and before one
 * that comes while another is not answered yet. Any other upgrade does not take the connection out of HTTP: `Upgrade:
 * h2c` is a plain request, and CONNECT is one that nothing takes.
 */
export class ProxiedRequest extends IncomingMessage {
  readonly client: Client | undefined;
  /** Another request of the connection is not answered yet. Asked once: from now on this one is not either. */
  readonly isBehind: boolean;
  private asked = false;

  constructor(socket: Socket) {
    super(socket);
    this.client = Client.of(socket);
    this.isBehind = this.client?.isAnswering === true;
  }

  get upgrade(): boolean {
    return this.isBehind || (this.asked && wantsWebSocket(this));
  }

  set upgrade(asked: boolean) {
    this.asked = asked;
  }
}
