import { stat } from 'node:fs/promises';

import type { FaasoError } from '../../../core/errors.ts';
import { toFaasoError } from '../../../core/errors.ts';
import type { Finding } from '../../../core/finding.ts';
import type { Check, DoctorContext } from '../context.ts';
import { reporter } from '../context.ts';
import { findDockerd, restartCommands, startCommands } from '../dockerd.ts';
import { line, sudo } from '../commands.ts';
import type { HostFacts } from '../host.ts';

const report = reporter('engine');
const SETUP = 'On Debian and Ubuntu set-up installs one; elsewhere: docs.docker.com/engine/install';

/** Whether an engine answers, lets this user in, is new enough and builds with BuildKit. */
export const engineCheck: Check = {
  name: 'engine',
  async run(context) {
    try {
      const info = await context.info();
      const what = `${info.name}, API ${info.apiVersion}`;
      if (info.buildKit) return [report('ok', `${what}, BuildKit`)];
      return [
        report('fail', `${what} has no BuildKit, so no function can be built`, {
          why: 'Install Docker Engine, or set DOCKER_HOST to the socket of one: docs.docker.com/engine/install',
        }),
      ];
    } catch (error) {
      return [await diagnose(context, toFaasoError(error))];
    }
  },
};

async function diagnose(context: DoctorContext, error: FaasoError): Promise<Finding> {
  const { host, env } = context;
  const asked = env['DOCKER_HOST'] ?? '';
  if (error.code === 'engine-unreachable') return await unreachable(context, error, asked);
  const why = error.hint === undefined ? {} : { why: error.hint };
  if (error.code === 'engine-timeout') {
    const engine = await findDockerd(host);
    const fix = engine === undefined ? await startCommands(host) : await restartCommands(host, engine);
    return report('fail', `it hangs: ${error.message}`, { ...why, fix });
  }
  const isRemote = error.code === 'engine-unsupported' && asked !== '';
  return report('fail', error.message, { ...why, fix: isRemote ? ['unset DOCKER_HOST'] : [] });
}

async function unreachable({ host }: DoctorContext, error: FaasoError, asked: string): Promise<Finding> {
  const denied = error.details.find((detail) => detail.endsWith('permission denied'));
  if (denied !== undefined) {
    const socket = denied.slice(0, denied.lastIndexOf(':'));
    return report('fail', `${socket} is closed to this user`, {
      why: "Whoever is in the socket's group has the rights of root on this machine.",
      fix: await rightsCommands(host, socket),
    });
  }
  if (asked !== '') {
    return report('fail', error.message, {
      why: `DOCKER_HOST is ${asked}; without it the engine of this host is used.`,
      fix: ['unset DOCKER_HOST'],
    });
  }
  if (await isInstalled(host))
    return report('fail', 'installed, but it does not run', { fix: await startCommands(host) });
  return report('fail', 'no container engine is installed', {
    why: SETUP,
    fix: [sudo(host.uid, 'faaso setup')],
  });
}

async function rightsCommands(host: HostFacts, socket: string): Promise<readonly string[]> {
  const gid = await stat(socket).then(
    (info) => info.gid,
    () => undefined,
  );
  const row = (await host.text('/etc/group'))
    ?.split('\n')
    .map((text) => text.split(':'))
    .find((fields) => fields[2] === String(gid));
  const group = row?.[0];
  // Root's own group would open more than the engine.
  if (group === undefined || gid === 0) return ['sudo faaso doctor'];
  return [`${line('sudo', 'usermod', '-aG', group)} "$USER"`, line('newgrp', group)];
}

async function isInstalled(host: HostFacts): Promise<boolean> {
  const folders = ['/usr/bin', '/usr/sbin', '/usr/local/bin', '/usr/local/sbin'];
  return (await Promise.all(folders.map((folder) => host.names(folder)))).some((names) =>
    names.includes('dockerd'),
  );
}
