/**
 * Import this before dockerode. At its start dockerode loads SSH, for remote engines, gRPC, for build sessions of its
 * own, and a tar library, for contexts in folders: together 80 ms of every command and 25 MB of the daemon for what
 * faaso never uses (it refuses remote engines, and has its own sessions and contexts). They are left out.
 */
import Module, { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const dockerode = createRequire(import.meta.url).resolve('dockerode');
const { resolve, cache } = createRequire(dockerode);

leaveOut(() => join(dirname(dockerode), 'session.js'));
leaveOut(() => join(dirname(resolve('docker-modem')), 'ssh.js'));
leaveOut(() => resolve('tar-fs'));

/** Puts something in place of a module. Where another dockerode has no such module, there is nothing to leave out. */
function leaveOut(find: () => string): void {
  try {
    const file = find();
    const stub = new Module(file);
    stub.exports = (): never => {
      throw new Error(`${file} was left out`);
    };
    stub.loaded = true;
    cache[file] ??= stub;
  } catch {
    return;
  }
}
