import { METHODS } from 'node:http';

import { FaasoError } from '../core/errors.ts';

/** The method of `--method`, in the letters that HTTP has. Throws `usage`. */
export function parseMethod(text: string | undefined): string | undefined {
  const method = text?.toUpperCase();
  if (method === undefined || (METHODS.includes(method) && method !== 'CONNECT')) return method;
  throw new FaasoError('usage', `"${text ?? ''}" is no method of HTTP that a function can get`, {
    hint: 'for example -X PUT',
  });
}
