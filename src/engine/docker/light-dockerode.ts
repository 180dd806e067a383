/**
 * Import this before dockerode. At its start dockerode loads SSH, for remote engines, and gRPC, for build sessions of
 * its own: together 60 ms of every command and 20 MB of the daemon for what faaso never uses (it refuses remote engines
 * and has its own sessions). What those two files export is put in their place.
 */
import Module, { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const ours = createRequire(import.meta.url);
const dockerode = ours.resolve('dockerode');
const modem = createRequire(dockerode).resolve('docker-modem');

leaveOut(join(dirname(dockerode), 'session.js'));
leaveOut(join(dirname(modem), 'ssh.js'));

/** Where the library has no such file any more nothing asks for it, and nothing happens. */
function leaveOut(file: string): void {
  const stub = new Module(file);
  stub.exports = (): never => {
    throw new Error(`${file} was left out`);
  };
  stub.loaded = true;
  ours.cache[file] ??= stub;
}
