import { inOneLine } from '../../../core/diagnostics.ts';
import { toFaasoError } from '../../../core/errors.ts';
import type { Check } from '../context.ts';
import { faasoCommand, reporter, NO_PROJECT, sentence } from '../context.ts';

const report = reporter('project');

/** Whether the files are valid. */
export const projectCheck: Check = {
  name: 'project',
  async run({ project }) {
    if (project === undefined) return [report('skipped', NO_PROJECT)];
    try {
      const { project: files, warnings } = await project.loaded();
      const what = `${files.name} in ${project.root}: ${count(files.functions.length, 'function')}, ${count(files.routes.length, 'route')}`;
      const [first] = warnings;
      if (first === undefined) return [report('ok', what)];
      return [
        report('warn', `${what}, ${count(warnings.length, 'warning')}: ${inOneLine(first)}`, {
          fix: [faasoCommand(project, 'plan')],
        }),
      ];
    } catch (error) {
      const known = toFaasoError(error);
      const problems = known.diagnostics.filter(({ severity }) => severity === 'error').length;
      return [
        report('fail', problems > 1 ? `${sentence(known)} (and ${problems - 1} more)` : sentence(known), {
          why: 'What runs goes on as it is; nothing can be applied.',
          fix: [faasoCommand(project, 'validate')],
        }),
      ];
    }
  },
};

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
