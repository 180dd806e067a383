import { expect, it } from 'vitest';

import { recordOf } from '../../../src/core/record.ts';

it('a record answers only for what was put in', () => {
  const record = recordOf([['sum', 1]]);
  expect([record['sum'], record['constructor'], record['toString'], record['__proto__']]).toEqual([
    1,
    undefined,
    undefined,
    undefined,
  ]);
  const odd = recordOf([
    ['__proto__', 1],
    ['constructor', 2],
  ]);
  expect([Object.keys(odd), odd['__proto__'], odd['constructor']]).toEqual([
    ['__proto__', 'constructor'],
    1,
    2,
  ]);
});
