import { access } from 'node:fs/promises';

import { toFaasoError } from '../../../core/errors.ts';
import type { Check } from '../context.ts';
import { faasoCommand, reporter } from '../context.ts';
import { version } from '../../version.ts';

const report = reporter('daemon');

/** Whether the daemon runs, answers and is of this version; and which faaso and Node these are. */
export const daemonCheck: Check = {
  name: 'daemon',
  async run({ project }) {
    const here = `faaso ${version()} on Node ${process.versions.node}`;
    if (project === undefined) return [report('ok', here)];
    const restart = { fix: [faasoCommand(project, 'daemon', 'restart')] };
    const applied = await project.applied();
    let daemon: Awaited<ReturnType<typeof project.daemon>>;
    try {
      daemon = await project.daemon();
    } catch (error) {
      return [
        report('fail', `does not answer: ${toFaasoError(error).message}`, {
          why: `Nothing that breaks is healed. Its log: ${project.paths.daemonLog}`,
          ...restart,
        }),
      ];
    }
    if (!daemon.running) {
      if (applied === undefined) return [report('ok', `none runs, and nothing is applied; ${here}`)];
      return [
        report('fail', 'none runs: nothing that breaks is healed', {
          why: 'Router and functions go on as they are.',
          ...restart,
        }),
      ];
    }
    const who = `pid ${daemon.pid ?? 0}${daemon.watching ? ', watching' : ''}`;
    const again =
      daemon.mode === 'foreground'
        ? { why: 'It runs in a terminal: end it there with Ctrl-C and start it again.' }
        : restart;
    if (daemon.version !== version())
      return [report('warn', `${who} is of faaso ${daemon.version ?? 'unknown'}; this is ${here}`, again)];
    const { program } = daemon;
    if (program !== undefined && (await isGone(program)))
      return [report('warn', `${who} runs from ${program}, which is gone`, again)];
    return [report('ok', `${who}; ${here}`)];
  },
};

async function isGone(path: string): Promise<boolean> {
  return await access(path).then(
    () => false,
    () => true,
  );
}
