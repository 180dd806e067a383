import type { Verb } from '../verb.ts';

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
