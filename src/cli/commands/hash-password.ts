import { FaasoError } from '../../core/errors.ts';
import { hashPassword } from '../../core/passwords.ts';
import { checkClientName, entryOf } from '../client-name.ts';
import { printData, printLines } from '../render/print.ts';
import { readHidden } from '../secret-value.ts';
import type { Call } from '../verb.ts';

/** Longer ones do not fit into the headers of a request together with others. */
const LONGEST = 1024;

/** `faaso hash password [NAME]` */
export async function run(call: Call): Promise<number> {
  const [name] = call.args;
  checkClientName(name);
  const asked = name === undefined ? 'Password' : `Password of ${name}`;
  const typed = await readHidden(call.io, asked, 'faaso hash password < FILE');
  if (typed === undefined) return 130;
  const hash = await hashPassword(passwordOf(typed));
  if (call.json) printData(call.io, { name: name ?? null, hash });
  else printLines(call.io, [entryOf(name, hash)]);
  return 0;
}

/** What HTTP Basic can carry (RFC 7617, 2). */
function passwordOf(bytes: Uint8Array): string {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw refused('is not UTF-8', cause);
  }
  if (text === '') throw refused('is empty');
  if (text.length > LONGEST) throw refused(`has more than ${LONGEST} characters`);
  // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
  if (/[\x00-\x1f\x7f]/.test(text)) throw refused('has a control character, or several lines');
  return text;
}

function refused(why: string, cause?: unknown): FaasoError {
  return new FaasoError('usage', `the password ${why}`, {
    hint: 'one line of text: printf %s PASSWORD | faaso hash password',
    cause,
  });
}
