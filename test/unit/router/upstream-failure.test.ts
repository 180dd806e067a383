import { expect, test } from 'vitest';

import { parseFunctionName } from '../../../src/core/names.ts';
import { failureProblem } from '../../../src/router/builtin/proxy/exchange-problems.ts';
import { statusOf } from '../../../src/router/builtin/proxy/problem.ts';
import { failureKind } from '../../../src/router/builtin/upstream/failure.ts';

const sum = parseFunctionName('sum');
if (sum === undefined) throw new Error('that is a name');

test.each([
  ['connect', 'ECONNREFUSED', 502, 'function-refused', 'function "sum" refused the connection'],
  ['connect', 'EMFILE', 503, 'too-many-connections', 'the router has no file or port left'],
  ['connect', 'ENFILE', 503, 'too-many-connections', 'the router has no file or port left'],
  ['connect', 'EADDRNOTAVAIL', 503, 'too-many-connections', 'the router has no file or port left'],
  ['read', 'ECONNRESET', 502, 'function-broke-off', 'broke off'],
  ['write', 'ENOBUFS', 502, 'function-broke-off', 'broke off'],
])('%s %s towards a function is a %i of code %s', (syscall, code, status, name, detail) => {
  const kind = failureKind(Object.assign(new Error(code), { syscall, code }));
  const problem = failureProblem(kind, sum, false);
  expect(statusOf(problem)).toBe(status);
  expect(problem.code).toBe(name);
  expect(problem.detail).toContain(detail);
});

test.each(['refused', 'exhausted'] as const)(
  '%s after the function was reached may have done something',
  (kind) => {
    expect(failureProblem(kind, sum, true).code).toBe('function-broke-off');
  },
);

test('a connection that was closed without an error broke off', () => {
  expect(failureKind(new Error('the connection was closed'))).toBe('broke-off');
});
