import type { Argument, Verb } from '../verb.ts';

const CLIENT: Argument = {
  name: 'NAME',
  description: 'what the client is called in functions.yml, in the access log and for the function',
  arity: 'optional',
};

/** What is about faaso and not about functions. */
export const ITSELF: readonly Verb[] = [
  {
    name: 'daemon status',
    summary: 'whether a daemon runs for this project, and where its log is',
    description: '',
    arguments: [],
    options: [],
    examples: [{ line: 'faaso daemon status', about: 'pid, version, log' }],
  },
  {
    name: 'daemon stop',
    summary: 'stop the daemon; router and functions go on',
    description: 'Nothing is healed until a daemon runs again. "faaso down" ends router and functions too.',
    arguments: [],
    options: [],
    examples: [{ line: 'faaso daemon stop', about: 'before an upgrade of faaso' }],
  },
  {
    name: 'daemon restart',
    summary: 'stop the daemon and start it again; no request is lost',
    description: 'Starts one when none runs.',
    arguments: [],
    options: [],
    examples: [{ line: 'faaso daemon restart', about: 'after an upgrade of faaso' }],
  },
  {
    name: 'hash key',
    summary: 'make an API key, and the entry for auth.keys of a route',
    description:
      'The key is random and shown this once; functions.yml gets its SHA-256 alone. Clients send it as "Authorization: Bearer KEY" or as "X-API-Key: KEY". Needs no project.',
    arguments: [CLIENT],
    options: [],
    examples: [
      { line: 'faaso hash key ci', about: 'the key, and "ci: sha256:…" for functions.yml' },
      { line: 'faaso hash key --json', about: 'the same for a script' },
    ],
  },
  {
    name: 'hash password',
    summary: 'hash a password, as the entry for auth.basic of a route',
    description:
      'The password is typed and not shown, or comes on standard input. Each use gives another hash, all of which fit. Needs no project.',
    arguments: [CLIENT],
    options: [],
    examples: [
      { line: 'faaso hash password ada', about: 'asks, and prints "ada: scrypt:…" for functions.yml' },
      { line: 'faaso hash password ada < password.txt', about: 'from a file' },
    ],
  },
  {
    name: 'schema',
    summary: "print the JSON Schema of a file, or of a verb's --json",
    description: 'With a verb that takes time, the schema is that of each line.',
    arguments: [
      {
        name: 'NAME',
        description: 'functions (the default), metadata or runtime; a verb; error',
        arity: 'optional',
      },
    ],
    options: [],
    examples: [
      { line: 'faaso schema metadata > metadata.schema.json', about: 'for completion in an editor' },
      { line: 'faaso schema status', about: 'what faaso status --json prints' },
    ],
  },
  {
    name: 'version',
    summary: 'print the version',
    description: '',
    arguments: [],
    options: [],
    examples: [{ line: 'faaso version --json', about: 'with the version of Node' }],
  },
  {
    name: 'help',
    summary: 'explain a verb, with examples',
    description: '',
    arguments: [{ name: 'VERB', description: 'a verb; the list of all when none is named', arity: 'many' }],
    options: [],
    examples: [{ line: 'faaso help apply', about: 'the same as faaso apply --help' }],
  },
];
