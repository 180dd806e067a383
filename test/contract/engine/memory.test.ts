import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { pipeline } from 'node:stream/promises';

import type { OnStart } from '../../../src/engine/memory/container.ts';
import { instanceId } from '../../../src/core/names.ts';
import { createMemoryEngine } from '../../../src/engine/memory.ts';
import type { OnExec } from '../../../src/engine/memory/exec.ts';
import type { Act } from '../../support/engine-program.ts';
import { engineContract } from './contract.ts';
import { testProjects } from './harness.ts';

/** The test image's program, played by a listener of this process. */
const playProgram: OnStart = async ({ port, release }, fake) => {
  const partial = { stdout: '', stderr: '' };
  const run = (acts: readonly Act[]): void => {
    for (const act of acts) {
      if ('print' in act) {
        const stream = act.to ?? 'stdout';
        const lines = (partial[stream] + act.print).split('\n');
        partial[stream] = lines.pop() ?? '';
        for (const line of lines) fake.print(stream, line);
      } else {
        for (const stream of ['stdout', 'stderr'] as const) {
          if (partial[stream] !== '') fake.print(stream, partial[stream]);
        }
        if ('exit' in act) return fake.exit(act.exit);
        return fake.exit(137, { oomKilled: true });
      }
    }
  };
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += String(chunk)));
    request.on('end', () => {
      if (request.url !== '/act') response.end(`hello from ${release.function}`);
      else response.end(() => setImmediate(run, JSON.parse(body) as Act[]));
    });
  });
  await new Promise<void>((resolve, reject) =>
    server.once('error', reject).listen(port, '127.0.0.1', resolve),
  );
  setImmediate(run, JSON.parse(release.spec.env['ACTS'] ?? '[]') as Act[]);
  return () =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
};

/** The image's only program is Node, which this machine has too. */
const playExec: OnExec = ({ command: [program, ...args] }, fake) => {
  const { input, signal } = fake;
  if (program !== 'node') return undefined;
  const child = spawn(process.execPath, args);
  child.stdin.on('error', () => undefined);
  void pipeline(input, child.stdin).catch(() => undefined);
  signal.addEventListener('abort', () => child.kill('SIGKILL'));
  child.stdout.on('data', (data: Buffer) => fake.print('stdout', data));
  child.stderr.on('data', (data: Buffer) => fake.print('stderr', data));
  return new Promise((resolve) => child.once('close', (code) => resolve(code ?? 137)));
};

engineContract('memory', async () => {
  const image = 'test/program:1';
  const engine = createMemoryEngine({ onStart: playProgram, onExec: playExec });
  engine.addImage(image);
  return {
    engine,
    image,
    ...testProjects(),
    pause: async (id) => engine.pause(id),
    removeByHand: (id) => engine.removeByHand(id),
    // This engine holds nothing but instances, so any other id stands for a foreign container.
    startForeign: async () => ({ id: instanceId('a'.repeat(64)), isRunning: async () => true }),
    addImage: async (reference, labels) => void engine.addImage(reference, labels),
    addVolume: async (name, labels) => engine.addVolume(name, labels),
    hasVolume: async (name) => engine.hasVolume(name),
    removeVolumeByHand: async (name) => engine.removeVolumeByHand(name),
    addNetwork: async (name) => engine.addNetwork(name),
    removeNetworkByHand: async (name) => engine.removeNetworkByHand(name),
    countNetworks: async (project) => (engine.networks.has(project.name) ? 1 : 0),
    disconnect: async () => engine.disconnect(),
    connect: async () => engine.connect(),
    close: async () => engine.close(),
  };
});
