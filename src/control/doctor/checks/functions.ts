import type { Finding } from '../../../core/finding.ts';
import type { FunctionStatus } from '../../../core/state.ts';
import type { Check } from '../context.ts';
import { faasoCommand, NO_ENGINE, NO_PROJECT, reporter } from '../context.ts';

const report = reporter('functions');
const BROKEN = new Set<FunctionStatus['state']>(['crash-looping', 'failed', 'stopped']);
const WELL = new Set<FunctionStatus['state']>(['running', 'building', 'starting']);

/** How the functions are. */
export const functionsCheck: Check = {
  name: 'functions',
  async run({ project, known }) {
    if (project === undefined) return [report('skipped', NO_PROJECT)];
    const applied = await project.applied();
    if (applied === undefined || Object.keys(applied.functions).length === 0)
      return [report('ok', 'nothing is applied yet')];
    if ((await known()) === undefined) return [report('skipped', NO_ENGINE)];
    const hangs = await project.daemon().then(
      () => false,
      () => true,
    );
    if (hangs) return [report('skipped', 'the daemon does not answer')];
    const rows = (await project.status()).functions.filter((row) =>
      Object.hasOwn(applied.functions, row.name),
    );
    const ill = rows.filter(({ state }) => !WELL.has(state));
    if (ill.length > 0)
      return ill.map((row): Finding => {
        const because = row.reason === '' ? '' : `: ${row.reason}`;
        return report(BROKEN.has(row.state) ? 'fail' : 'warn', `${row.name} is ${row.state}${because}`, {
          fix: [faasoCommand(project, 'logs', row.name, '--tail', '50')],
        });
      });
    const restarts = rows.reduce((sum, row) => sum + row.restarts, 0);
    return [
      report(
        'ok',
        `${rows.length} applied, all well${restarts === 0 ? '' : ` (${restarts} restarts so far)`}`,
      ),
    ];
  },
};
