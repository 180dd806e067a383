import { spawn } from 'node:child_process';
import type { SpawnOptions } from 'node:child_process';

import { Skipped } from '../figure.ts';
import { http } from '../../support/project-http.ts';
import { until } from '../../support/until.ts';
import type { Bench } from './bench.ts';

/** A proxy that faaso is compared with. */
export interface Peer {
  readonly url: string;
  readonly pid: number;
}

/** Starts one that will listen on a port of this machine, and waits until it answers. Throws {@link Skipped} where it does not start. */
export async function startPeer(
  bench: Bench,
  port: number,
  program: string,
  args: readonly string[],
  options: SpawnOptions = {},
): Promise<Peer> {
  const child = spawn(program, args, { ...options, stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  bench.after(async () => {
    child.kill();
    await ended;
  });
  if (child.pid === undefined) throw new Skipped(`${program} does not start`);
  const url = `http://127.0.0.1:${port}`;
  await until(`${program} to answer`, async () => (await http(url)).status === 200);
  return { url, pid: child.pid };
}
