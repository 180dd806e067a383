import { CLIENT_NAME_RULE, isClientName } from '../core/clients.ts';
import { FaasoError } from '../core/errors.ts';

/** Names that YAML takes for text without quotes: no number, no `true` or `null`, no sign of its own in front. */
const READ_AS_TEXT = /^(?!(?:true|false|null)$)[a-z][\w.@+-]*$/i;

/** Throws `usage` where a client cannot be called that. */
export function checkClientName(name: string | undefined): void {
  if (name === undefined || isClientName(name)) return;
  throw new FaasoError('usage', `a client cannot be called "${name}"`, {
    hint: `its name has ${CLIENT_NAME_RULE}`,
  });
}

/** An entry as functions.yml has it: `ci: sha256:…`; without a name the hash alone. */
export function entryOf(name: string | undefined, hash: string): string {
  if (name === undefined) return hash;
  return `${READ_AS_TEXT.test(name) ? name : `'${name}'`}: ${hash}`;
}
