import type { Verb } from './verb.ts';
import { BEGIN } from './verbs/begin.ts';
import { CHANGE } from './verbs/change.ts';
import { ITSELF } from './verbs/itself.ts';
import { LOOK } from './verbs/look.ts';
import { SERVE } from './verbs/serve.ts';

/** Verbs by what somebody wants to do, in the order of the help. */
export const SECTIONS: readonly { readonly title: string; readonly verbs: readonly Verb[] }[] = [
  { title: 'Begin', verbs: BEGIN },
  { title: 'Serve', verbs: SERVE },
  { title: 'Look', verbs: LOOK },
  { title: 'Change and remove', verbs: CHANGE },
  { title: 'faaso itself', verbs: ITSELF },
];

/** All verbs. */
export const VERBS: readonly Verb[] = SECTIONS.flatMap((section) => section.verbs);

/** Groups of verbs with two words: one line of the overview each. */
export const GROUPS: Readonly<Record<string, string>> = {
  secret: 'set, list or remove secrets',
  hash: 'make the entries of auth: an API key, a password',
  daemon: 'look at, stop or restart the daemon in the background',
};
