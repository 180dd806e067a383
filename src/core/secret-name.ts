import { FaasoError } from './errors.ts';
import { isSecretName, SECRET_NAME_RULE } from './names.ts';

/** Rejects with `usage` what cannot name a secret. */
export function checkSecretName(name: string): void {
  if (isSecretName(name)) return;
  throw new FaasoError('usage', `"${name}" cannot name a secret`, { hint: `allowed: ${SECRET_NAME_RULE}` });
}
