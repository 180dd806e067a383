import { listeningSockets } from '../core/listening.ts';
import type { ListeningSocket } from '../core/listening.ts';
import type { InstanceId } from '../core/names.ts';
import type { Engine } from '../engine/engine.ts';

/** Reads both tables where there are two; a container without IPv6 has one. */
const COMMAND = ['cat', '/proc/net/tcp', '/proc/net/tcp6'];
const DEADLINE_MS = 3000;
const MOST_BYTES = 256 * 1024;

/** The engine's own name server, which is in every container. */
const NAME_SERVER = '127.0.0.11';

/**
 * What listens inside an instance; `undefined` where that cannot be seen, as in an image without `cat`. It is asked
 * from inside, because the engine need not share its processes with this machine. Never rejects.
 */
export async function listensOn(
  engine: Engine,
  id: InstanceId,
): Promise<readonly ListeningSocket[] | undefined> {
  try {
    const session = await engine.exec(id, { command: COMMAND });
    const timer = setTimeout(() => session.close(), DEADLINE_MS);
    try {
      let text = '';
      for await (const { stream, data } of session.output) {
        if (stream === 'stdout') text += Buffer.from(data).toString('latin1');
        if (text.length > MOST_BYTES) break;
      }
      if (!text.includes('local_address')) return undefined;
      return listeningSockets(text).filter(({ address }) => address !== NAME_SERVER);
    } finally {
      clearTimeout(timer);
      session.close();
    }
  } catch {
    // The failure that is being explained matters more.
    return undefined;
  }
}
