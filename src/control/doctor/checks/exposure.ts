import type { Finding } from '../../../core/finding.ts';
import { isLoopback } from '../../../core/listening.ts';
import { LABELS } from '../../../engine/labels.ts';
import type { Check } from '../context.ts';
import { faasoCommand, NO_ENGINE, reporter } from '../context.ts';
import { line } from '../commands.ts';

const report = reporter('exposure');

/** Whether containers of ours are reached from elsewhere past the router. */
export const exposureCheck: Check = {
  name: 'exposure',
  async run({ traces, project }) {
    const found = await traces();
    if (found === undefined) return [report('skipped', NO_ENGINE)];
    const open = found.containers.flatMap((container) => {
      const addresses = container.published.filter(({ address }) => !isLoopback(address));
      return addresses.length === 0 ? [] : [{ ...container, addresses }];
    });
    if (open.length === 0) {
      const running = found.containers.filter((container) => container.running).length;
      return [
        report(
          'ok',
          running === 1
            ? '1 container of faaso runs, reached on loopback alone'
            : `${running} containers of faaso run, reached on loopback alone`,
        ),
      ];
    }
    return open.map(({ name, labels, addresses }): Finding => {
      const where = addresses.map(
        ({ address, port }) => `${address.includes(':') ? `[${address}]` : address}:${port}`,
      );
      const isOwn = project !== undefined && labels[LABELS.root] === project.root;
      return report(
        'fail',
        `${name} is open to the network at ${[...new Set(where)].join(', ')}, past the router`,
        {
          why: 'faaso publishes on 127.0.0.1 alone, so it was started by hand.',
          fix: [line('docker', 'rm', '-f', name), ...(isOwn ? [faasoCommand(project, 'apply')] : [])],
        },
      );
    });
  },
};
