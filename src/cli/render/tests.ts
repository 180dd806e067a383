import type { TestAnswer } from '../../control/api.ts';
import { programLine } from './safe.ts';
import { nameColumn } from './table.ts';
import { count, list } from './text.ts';
import { pad } from './width.ts';

/** How `faaso test` came out, after what was told of each test. */
export function testSummary({ functions, interrupted }: TestAnswer): {
  readonly out: readonly string[];
  readonly err: readonly string[];
} {
  const tests = functions.flatMap((item) => item.tests);
  const failed = tests.filter((test) => !test.passed).length;
  const broken = functions.filter((item) => item.error !== null).map((item) => item.name);
  const without = functions.filter((item) => item.tests.length === 0 && item.error === null);
  const names = nameColumn(functions.map((item) => item.name));
  const untested = interrupted ? [] : without.map(({ name }) => `${pad(`${name}  `, names)}has no tests`);
  if (untested.length === functions.length) return { out: [...untested, ...howTo(functions)], err: [] };
  if (interrupted) return { out: [], err: ['', `Cancelled after ${count(tests.length, 'test')}.`] };
  const logs = functions.flatMap(({ name, log }) =>
    log.length === 0
      ? []
      : ['', `The last of the log of ${name}:`, ...log.map((line) => `  ${programLine(line)}`)],
  );
  if (failed === 0 && broken.length === 0)
    return { out: [...untested, '', `${count(tests.length, 'test')} passed.`], err: [] };
  const counted = failed === 0 ? [] : [`${failed} of ${count(tests.length, 'test')} failed.`];
  const stopped = broken.length === 0 ? [] : [`${list(broken)} could not be tested.`];
  return { out: untested, err: [...logs, '', ...counted, ...stopped] };
}

function howTo(functions: TestAnswer['functions']): string[] {
  const [first] = functions;
  if (first === undefined) return ['functions.yml names no function yet.'];
  return [
    '',
    `A test is written into its metadata.yml, as in functions/${first.name}/metadata.yml:`,
    '  test:',
    '    - name: adds two numbers',
    '      request: { json: { a: 1, b: 2 } }',
    '      expect: { json: { sum: 3 } }',
  ];
}
