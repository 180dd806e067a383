import { Agent } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

import { http } from './project-http.ts';

export interface LoadOptions {
  readonly url: string;
  /** Requests a second, whether earlier ones were answered or not. */
  readonly rate: number;
  /** Whether an answer is a right one. */
  readonly isRight: (text: string) => boolean;
}

interface Answered {
  /** When it was sent, by `performance.now()`. */
  readonly sentAt: number;
  readonly text: string;
}

interface LoadReport {
  readonly answered: readonly Answered[];
  /** Every request without a right answer, in words. */
  readonly lost: readonly string[];
}

/** Requests that go on in the background, every other one on a kept-alive connection. */
export interface Load {
  readonly answered: readonly Answered[];
  /** Stops sending and waits for what is on its way. */
  stop(): Promise<LoadReport>;
}

export function startLoad({ url, rate, isRight }: LoadOptions): Load {
  const agent = new Agent({ keepAlive: true, maxFreeSockets: 64 });
  const answered: Answered[] = [];
  const lost: string[] = [];
  const pending = new Set<Promise<void>>();
  let stopped = false;

  const send = async (kept: boolean): Promise<void> => {
    const sentAt = performance.now();
    const about = (what: string): string => `${kept ? 'kept-alive' : 'new'} connection: ${what}`;
    try {
      const { status, text } = await http(url, kept ? { agent } : {});
      if (status === 200 && isRight(text)) answered.push({ sentAt, text });
      else lost.push(about(`${status} ${text}`));
    } catch (error) {
      lost.push(about(String(error)));
    }
  };

  const began = performance.now();
  const run = async (): Promise<void> => {
    for (let sent = 0; !stopped;) {
      const due = Math.floor(((performance.now() - began) / 1000) * rate);
      for (; sent < due; sent += 1) {
        const request = send(sent % 2 === 0).finally(() => pending.delete(request));
        pending.add(request);
      }
      await delay(5);
    }
  };
  const running = run();
  return {
    answered,
    async stop() {
      stopped = true;
      await running;
      await Promise.all(pending);
      agent.destroy();
      return { answered, lost };
    },
  };
}
