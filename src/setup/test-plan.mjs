const RINGS = ['unit', 'golden', 'setup', 'contract', 'e2e'];
const WITHOUT_ENGINE = ['unit', 'golden', 'setup'];

/**
 * What to run for the arguments after `npm test --`: names of rings, paths of test files, or options of
 * vitest. Without any, everything, and the checks too.
 * @param {string[]} args
 */
export function chooseTests(args) {
  const filters = args.map((arg) => (RINGS.includes(arg) ? `test/${arg}/` : arg));
  const paths = filters.filter((filter) => !filter.startsWith('-'));
  const isPure = (path) =>
    WITHOUT_ENGINE.some((ring) => path.startsWith(`test/${ring}/`)) || /^test\/[^/]+$/.test(path);
  return { filters, checks: args.length === 0, needsEngine: paths.length === 0 || !paths.every(isPure) };
}

/**
 * Totals over all test cases of vitest's JSON report. A file that could not even be loaded has no cases,
 * but counts as a failure: it must not look like fewer tests.
 * @param {{ numPassedTests: number, numFailedTests: number, numPendingTests: number, numTodoTests?: number,
 *   testResults?: { status: string, assertionResults: { status: string }[] }[] }} report
 */
export function countTests(report) {
  const broken = (report.testResults ?? []).filter(
    ({ status, assertionResults }) =>
      status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  );
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + broken.length,
    skipped: report.numPendingTests + (report.numTodoTests ?? 0),
  };
}
