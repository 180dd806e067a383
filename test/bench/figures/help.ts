import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import type { Figure } from '../figure.ts';
import { median, repeat, timed } from '../support/stats.ts';
import { Command } from '../../support/project-command.ts';

const ROUNDS = 10;

/** How long the command takes that needs nothing, beside a Node that does nothing. */
export const help: Figure = {
  name: 'help',
  about: `\`faaso --help\`, median of ${ROUNDS}`,
  run: async () => {
    const pairs = await repeat(ROUNDS, async () => ({
      bare: await timed(() => promisify(execFile)(process.execPath, ['-e', '0'])),
      help: (await new Command(['--help'], process.cwd(), process.env).ended).durationMs,
    }));
    return [
      { name: 'faaso --help', value: median(pairs.map((pair) => pair.help)), unit: 'ms', goal: 150 },
      {
        name: 'of that, a Node that does nothing',
        value: median(pairs.map((pair) => pair.bare)),
        unit: 'ms',
      },
    ];
  },
};
