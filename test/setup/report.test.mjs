import { describe, expect, test } from 'vitest';
import { SetupError, createReport, failureText, stepLine, wrap } from '../../src/setup/report.mjs';
import { run } from '../../src/setup/run.mjs';
import { chooseTests, countTests } from '../../src/setup/test-plan.mjs';

describe('the line of a step', () => {
  test('has the subject, the text and the time in their columns', () => {
    expect(stepLine('packages', '312 installed', 9140)).toBe(
      'packages   312 installed                                            9.1 s',
    );
  });

  test('goes on below its text when it is long, with the time at the end', () => {
    const text = "no registry answers: debian, python, node made from Debian's packages";
    expect(stepLine('bases', text, 38_000).split('\n')).toEqual([
      'bases      no registry answers: debian, python, node made from',
      "           Debian's packages                                       38.0 s",
    ]);
  });

  test('shows no time where nobody waited', () => {
    expect(stepLine('packages', 'up to date', 12)).toBe('packages   up to date');
  });

  test('a word longer than the line stays whole', () => {
    expect(wrap('a bbbbbb c', 4)).toEqual(['a', 'bbbbbb', 'c']);
  });
});

describe('a failed step', () => {
  test('says what is wrong, what is known and what to do', () => {
    const error = new SetupError('no engine', { details: ['because'], hint: ['Do this:', '  now'] });
    expect(failureText('engine', error)).toBe(
      'engine     FAILED: no engine\n             because\n           Do this:\n             now',
    );
  });

  test('carries the name of its step', async () => {
    const out = collector();
    const failing = createReport(out).step('engine', () => Promise.reject(new SetupError('no')));
    await expect(failing).rejects.toMatchObject({ step: 'engine' });
    expect(out.text).toBe('');
  });
});

test('nothing writes control codes into a pipe', async () => {
  const out = collector();
  const report = createReport(out);
  report.working('bases', 'making');
  await report.step('bases', async () => ({ text: 'present' }));
  expect(out.text).toBe('bases      present\n');
});

describe('programs', () => {
  test('give their output', async () => {
    expect(await run('sh', ['-c', 'echo out; echo err >&2'])).toMatch(/out|err/);
  });

  test('that fail or do not exist say so', async () => {
    await expect(run('sh', ['-c', 'echo why; exit 3'])).rejects.toMatchObject({
      message: 'sh ended with 3',
      output: 'why\n',
    });
    await expect(run('faaso-no-such-program', [])).rejects.toThrow('is not installed');
  });
});

describe('what npm test runs', () => {
  test('without arguments everything, with the checks', () => {
    expect(chooseTests([])).toEqual({ filters: [], checks: true, needsEngine: true });
  });

  test.each([
    [['unit'], ['test/unit/'], false],
    [['unit', 'golden', 'setup'], ['test/unit/', 'test/golden/', 'test/setup/'], false],
    [['test/layers.test.ts'], ['test/layers.test.ts'], false],
    [['unit', 'e2e'], ['test/unit/', 'test/e2e/'], true],
    [['-t', 'name'], ['-t', 'name'], true],
  ])('%j', (args, filters, needsEngine) => {
    expect(chooseTests(args)).toEqual({ filters, checks: false, needsEngine });
  });

  test('a file that could not be loaded is a failure, not fewer tests', () => {
    const counts = { numPassedTests: 5, numFailedTests: 1, numPendingTests: 2, numTodoTests: 1 };
    const testResults = [
      { status: 'failed', assertionResults: [] },
      { status: 'failed', assertionResults: [{ status: 'failed' }] },
      { status: 'passed', assertionResults: [{ status: 'passed' }] },
    ];
    expect(countTests({ ...counts, testResults })).toEqual({ passed: 5, failed: 2, skipped: 3 });
  });
});

function collector() {
  return {
    text: '',
    write(chunk) {
      this.text += chunk;
      return true;
    },
  };
}
