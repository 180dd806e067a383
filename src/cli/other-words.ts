/** What people type who know Docker, Compose or other platforms of functions, and the words that do it here. */
const VERB_OF: Readonly<Record<string, string>> = {
  up: 'apply',
  deploy: 'apply',
  start: 'apply',
  push: 'apply',
  ps: 'status',
  ls: 'status',
  list: 'status',
  info: 'status',
  stop: 'down',
  destroy: 'down',
  run: 'invoke',
  call: 'invoke',
  dev: 'serve --watch',
  watch: 'serve --watch',
  exec: 'shell',
  create: 'new',
  add: 'new',
  config: 'validate',
  check: 'validate',
  lint: 'validate',
  diff: 'plan',
  install: 'setup',
};

const VERB_OF_GROUP: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  secret: {
    ls: 'list',
    ps: 'list',
    add: 'set',
    create: 'set',
    put: 'set',
    remove: 'rm',
    delete: 'rm',
    unset: 'rm',
  },
  daemon: { start: 'restart', up: 'restart', down: 'stop', kill: 'stop', ps: 'status', info: 'status' },
};

/** One function or all: the word does not say which. */
const REMOVAL = new Set(['rm', 'remove', 'delete', 'undeploy']);

/** What stands for `word` where no other word does. */
export function wordsFor(word: string, group: string | undefined): string | undefined {
  if (group !== undefined || !REMOVAL.has(word)) return undefined;
  return 'a function is removed by taking it out of functions.yml and faaso apply; all of the project by faaso down';
}

/** What to type instead of `word`, as `serve --watch`; `group`: the verb before it, as `secret`. */
export function otherWord(word: string, group: string | undefined): string | undefined {
  const words = group === undefined ? VERB_OF : (VERB_OF_GROUP[group] ?? {});
  const verb = Object.hasOwn(words, word) ? words[word] : undefined;
  return verb === undefined || group === undefined ? verb : `${group} ${verb}`;
}
