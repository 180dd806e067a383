import { describe, expect, it } from 'vitest';

import { ERRORS, errorData, errorFromData, FaasoError, toFaasoError } from '../../../src/core/errors.ts';

describe('the catalogue', () => {
  it.each(Object.entries(ERRORS))('%s agrees with itself', (code, kind) => {
    expect(code).toMatch(/^[a-z]+(?:-[a-z]+)*$/);
    expect(kind.http).toBeGreaterThanOrEqual(400);
    // Exit code 2 is for bad input: nobody but the one who typed can mend it, and the same input fails again.
    expect(kind.exit !== 2 || (kind.blame === 'user' && !kind.retryable)).toBe(true);
    expect(kind.meaning).toMatch(/^[^A-Z.].*[^.]$/);
  });
});

describe('what is thrown', () => {
  it('stays what it is when it is known', () => {
    const error = new FaasoError('usage', 'no such verb');
    expect(toFaasoError(error)).toBe(error);
    expect(error.kind.exit).toBe(2);
  });

  it.each(['ENOSPC', 'EDQUOT'])('is a full disk when the system says %s', (code) => {
    const error = Object.assign(new Error(`${code}: write`), { code });
    expect(toFaasoError(error)).toMatchObject({ code: 'no-space', cause: error });
  });

  it.each([[new TypeError('x is not a function')], ['text'], [undefined], [null], [{ odd: true }]])(
    'is a defect in faaso otherwise: %s',
    (thrown) => {
      const error = toFaasoError(thrown);
      expect(error.code).toBe('internal');
      expect(error.message).not.toBe('');
      expect(error.details.length).toBeGreaterThan(0);
    },
  );

  it('survives the way through JSON', () => {
    const place = { file: 'functions.yml', line: 1, column: 2, length: 3 };
    const diagnostic = {
      severity: 'error',
      message: 'no',
      place,
      file: 'functions.yml',
      excerpt: [],
    } as const;
    for (const options of [{}, { hint: 'do this', details: ['a', 'b'], diagnostics: [diagnostic] }]) {
      const data = errorData(new FaasoError('config-invalid', '1 problem', options));
      const again = errorFromData(JSON.parse(JSON.stringify(data)));
      expect(errorData(again)).toEqual(data);
    }
  });
});
