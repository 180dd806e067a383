import type { ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';

import type { Answer, CallName, Calls, Request } from '../protocol.ts';
import { answerTo } from './control-server.ts';
import type { Handlers } from './control-server.ts';

/** How long the predecessor may take to answer what takes no time. */
const ANSWER_MS = 2000;
const POLL_MS = 20;

/**
 * The process that this one took over from: until it ends it serves the clients that it has. What the control plane says
 * is passed on to it over the channel that brought the sockets.
 */
export class Predecessor {
  /** Whether it can be told anything: one of another protocol could take a table for another, and let everybody in. */
  readonly isUnderstood: boolean;
  private readonly pid: number;
  private readonly pending = new Map<number, (answer: Answer | undefined) => void>();
  private lastId = 0;

  constructor(pid: number, isUnderstood: boolean) {
    this.pid = pid;
    this.isUnderstood = isUnderstood;
    process.on('message', (answer: Answer) => this.pending.get(answer.id)?.(answer));
    process.on('disconnect', () => {
      for (const resolve of this.pending.values()) resolve(undefined);
    });
  }

  /** Resolves with its answer; with `undefined` when it gives none within `timeoutMs`, as one that has ended. */
  async call<Name extends CallName>(
    call: Name,
    params: Calls[Name]['params'],
    timeoutMs: number = ANSWER_MS,
  ): Promise<Calls[Name]['result'] | undefined> {
    if (!this.isUnderstood || !process.connected) return undefined;
    const id = ++this.lastId;
    let timer: NodeJS.Timeout | undefined;
    const answer = await new Promise<Answer | undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), timeoutMs);
      this.pending.set(id, resolve);
      const request: Request<Name> = { id, call, params };
      process.send?.(request, undefined, undefined, (error) => {
        if (error !== null) resolve(undefined);
      });
    });
    clearTimeout(timer);
    this.pending.delete(id);
    return answer !== undefined && 'result' in answer ? (answer.result as Calls[Name]['result']) : undefined;
  }

  /** As {@link DataPlane.drain}; of one that cannot be asked nobody knows more than whether it has ended. */
  async drain(params: Calls['drain']['params']): Promise<void> {
    if (this.isUnderstood) await this.call('drain', params, params.deadlineMs + ANSWER_MS);
    else await this.ended(params.deadlineMs);
  }

  /** Resolves when it has ended, at the latest after `timeoutMs`. */
  async ended(timeoutMs: number): Promise<void> {
    const end = performance.now() + timeoutMs;
    // A process whose parent has ended gets another.
    while (process.ppid === this.pid && performance.now() < end) await delay(POLL_MS);
  }
}

/** Does what the successor passes on. */
export function heed(successor: ChildProcess, handlers: Handlers): void {
  successor.on('message', (message) => {
    if (typeof message !== 'object' || !('call' in message)) return;
    void answerTo(message as Request, handlers).then((answer) => {
      // It may have ended.
      if (successor.connected) successor.send(answer, () => undefined);
    });
  });
}
