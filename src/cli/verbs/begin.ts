import type { Verb } from '../verb.ts';

/** What one begins with. */
export const BEGIN: readonly Verb[] = [
  {
    name: 'setup',
    summary: 'find, start or install a container engine, and get base images',
    description:
      "Where no engine answers, root may have one started, on Debian and Ubuntu also installed; others are told what to do. Base images are pulled, or made from Debian's packages where no registry answers. An engine that is there is never changed.",
    arguments: [],
    options: [],
    examples: [{ line: 'faaso setup', about: 'once, on a new machine' }],
  },
  {
    name: 'init',
    summary: 'begin a project: functions.yml and a first function',
    description:
      'On a terminal it asks for what no option says; elsewhere, and with --yes, it takes the defaults. In a repository of git it adds .faaso/ and .env to .gitignore. Nothing that is there is written over.',
    arguments: [
      {
        name: 'DIR',
        description: 'the folder, made where it does not exist; this folder when none is named',
        arity: 'optional',
      },
    ],
    options: [
      { flags: '--name <name>', description: "the project's name (default: the folder's)" },
      { flags: '--runtime <runtime>', description: 'what the function is written for (default: python)' },
      { flags: '--function <name>', description: "the function's name (default: hello)" },
      {
        flags: '--listen <address>',
        description: 'port, or address and port, that serves (default: the first free port from 8080 on)',
      },
      { flags: '-y, --yes', description: 'ask nothing' },
    ],
    examples: [
      { line: 'faaso init', about: 'then: faaso apply' },
      { line: 'faaso init shop --runtime node --yes', about: 'a new folder, without questions' },
    ],
  },
  {
    name: 'new',
    summary: 'add a function: a folder that runs, a test and a route',
    description:
      "Copies the runtime's scaffold to functions/NAME and adds a line to functions.yml, in which nothing else changes. faaso apply then brings it up. Packages that it uses stand beside its handler: in requirements.txt (python) or package.json (node).",
    arguments: [{ name: 'NAME', description: "the function's name", arity: 'required' }],
    options: [
      { flags: '--runtime <runtime>', description: 'what it is written for; asked for on a terminal' },
      { flags: '--path <path>', description: 'where it is served (default: /NAME)' },
      { flags: '--no-route', description: 'write no route' },
    ],
    examples: [
      { line: 'faaso new resize --runtime node', about: 'functions/resize, served at /resize' },
      { line: 'faaso new daily --runtime python --path /reports/daily', about: 'served elsewhere' },
    ],
  },
  {
    name: 'runtimes',
    summary: 'list what functions can be written for; with a name, its options',
    description:
      "A runtime is a folder in faaso's templates/ or in the project's own. Without a project it lists faaso's. Packages of a function stand in its folder: in requirements.txt (python) or package.json (node).",
    arguments: [{ name: 'NAME', description: 'a runtime, to see all of it', arity: 'optional' }],
    options: [],
    examples: [
      { line: 'faaso runtimes', about: 'all of them' },
      { line: 'faaso runtimes python', about: 'its options, base images and the files that it wants' },
    ],
  },
  {
    name: 'validate',
    summary: 'check the files, without an engine; for CI',
    description:
      'Reports every problem that apply would report before it builds, and what a build would refuse to read. Exit code 2 when there is one; warnings alone are 0.',
    arguments: [],
    options: [],
    examples: [
      { line: 'faaso validate', about: 'before a commit' },
      { line: 'faaso -f functions.yml -f production.yml validate', about: 'several files as one' },
    ],
  },
];
