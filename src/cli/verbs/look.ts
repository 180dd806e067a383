import type { Verb } from '../verb.ts';
import { NAMES } from './names.ts';

/** What looks at functions that run, and calls them. */
export const LOOK: readonly Verb[] = [
  {
    name: 'status',
    summary: 'show each function: state, routes, release, restarts',
    description: 'Works without a daemon and without an engine, and says so.',
    arguments: [],
    options: [
      {
        flags: '--disk',
        description: 'what images, containers and volumes take on the disk; asks the engine',
      },
    ],
    examples: [
      { line: 'faaso status', about: 'how things are' },
      { line: 'faaso status --disk', about: 'what takes how much, and what faaso prune would free' },
      { line: 'faaso status --json', about: 'the same for a script' },
    ],
  },
  {
    name: 'logs',
    summary: 'show what functions wrote to stdout and stderr',
    description:
      'Follows with -f until Ctrl-C. Into a pipe or file the text passes as the function wrote it. A log lies in its container and goes with it: after an apply, restart or rollback there is what the new container writes; only a container that crashed keeps its log as it is started again. Of each the last 30 MB are kept. To keep more, follow it into a file or a collector of logs. Ends with exit code 0 also where no line matches. Requests (--access) are shown in short on a terminal, elsewhere as they are logged: one JSON object a line.',
    arguments: [NAMES],
    options: [
      { flags: '-f, --follow', description: 'go on with new lines' },
      { flags: '--since <time>', description: 'only later lines: 30s, 10m, 2h, 3d, or 2026-11-21T07:00:00Z' },
      {
        flags: '--tail <lines>',
        description: 'begin with the last lines only; with --grep, the last that match',
      },
      {
        flags: '-g, --grep <pattern>',
        description: 'only lines that match a regular expression (as in JavaScript)',
      },
      { flags: '-i, --ignore-case', description: 'large and small letters are the same to --grep' },
      { flags: '--release <number>', description: 'only what that release of the function wrote' },
      {
        flags: '--access',
        description: "the router's log of requests instead (router.access_log in functions.yml)",
      },
    ],
    examples: [
      { line: 'faaso logs -f sum', about: 'follow one function' },
      { line: 'faaso logs --since 10m', about: 'the last ten minutes of all' },
      { line: 'faaso logs sum --tail 20', about: 'the last twenty lines' },
      { line: 'faaso logs -g Error: --tail 5', about: 'the last five errors of each' },
      { line: 'faaso logs -f --json >> functions.log', about: 'keep what all write, across releases' },
      { line: 'faaso logs --access -f sum', about: 'follow the requests to one function' },
    ],
  },
  {
    name: 'invoke',
    summary: 'call a function, without a route or the router',
    description:
      "The call goes to the port of the function's own container, so it works while no daemon runs and for a function without a route. The body of the answer goes to stdout as it comes, byte for byte. An answer with status 400 or more ends with exit code 3.",
    arguments: [
      { name: 'NAME', description: 'the function', arity: 'required' },
      { name: '-', description: 'sends standard input, as it comes', arity: 'optional' },
    ],
    options: [
      {
        flags: '-d, --data <text>',
        description: 'body of the request: application/json where it is JSON, else text/plain',
      },
      {
        flags: '-f, --data-file <file>',
        description:
          'a file as body: .json and .txt as such, others as application/octet-stream; - is standard input',
      },
      {
        flags: '-X, --method <method>',
        description: 'method of the request (default: POST with a body, else GET)',
      },
      { flags: '--path <path>', description: 'path and query that the function sees (default: /)' },
      { flags: '-H, --header <header>', description: 'a header, "Name: value"; may be repeated', many: true },
      { flags: '-i, --include', description: 'also print status line and headers of the answer' },
      {
        flags: '--timeout <time>',
        description:
          "to the first byte of the answer, and idle for the rest: 500ms, 30s, 5m (default: the longest of the function's routes, else 60s)",
      },
    ],
    examples: [
      { line: `faaso invoke sum -d '{"a":1,"b":2}'`, about: 'as its route would call it' },
      { line: 'faaso invoke sum -f numbers.json -i', about: 'a file; show the headers of the answer' },
      { line: 'faaso invoke resize -f in.png --path /small > out.png', about: 'bytes in, bytes out' },
    ],
  },
  {
    name: 'explain',
    summary: 'what the router does with a URL, and why',
    description:
      'The route and why it is chosen, what the function gets, how the function is, its limits and what is answered while it is down; for a URL without a route the nearest. By what is applied; says where the files differ. Works without a daemon and without an engine.',
    arguments: [
      {
        name: 'URL',
        description: 'a URL, a path, or a host with a path: /sum/x?y=1, example.org/sum',
        arity: 'required',
      },
    ],
    options: [{ flags: '-X, --method <method>', description: 'method of the request (default: GET)' }],
    examples: [
      { line: 'faaso explain /sum/x?y=1', about: 'why it answers what it answers' },
      { line: 'faaso explain http://example.org/sum -X POST', about: 'with host and method' },
    ],
  },
  {
    name: 'releases',
    summary: 'list the releases that are kept of a function',
    description:
      'The last three that served, and up to three of each that differ in routes, with what each changed. Works without a daemon.',
    arguments: [{ name: 'NAME', description: 'the function', arity: 'required' }],
    options: [],
    examples: [{ line: 'faaso releases sum', about: 'what a rollback can go to' }],
  },
  {
    name: 'shell',
    summary: "run a shell or another program in a function's container",
    description:
      "The program runs in the container that serves, as the function's user and within its limits; the root of the file system is read-only, /tmp is not. On a terminal it gets one, elsewhere standard input, output and error as they are. Its exit code is that of faaso. Without a terminal, Ctrl-C leaves the program alone.",
    arguments: [
      { name: 'NAME', description: 'the function', arity: 'required' },
      {
        name: 'COMMAND',
        description: 'the program and its arguments, after "--" (default: sh)',
        arity: 'many',
      },
    ],
    options: [],
    examples: [
      { line: 'faaso shell sum', about: 'look around' },
      { line: 'faaso shell sum -- ls -l /app', about: 'one program' },
      { line: 'faaso shell sum -- cat /proc/meminfo > meminfo', about: 'its output in a file' },
    ],
  },
  {
    name: 'doctor',
    summary: 'look for what is wrong: this machine, the engine, the project',
    description:
      'Changes nothing. Under each finding stand the commands that mend it. Works without a project, a daemon and an engine. Ends with exit code 1 when something does not work; a warning alone is no failure.',
    arguments: [],
    options: [],
    examples: [
      { line: 'faaso doctor', about: 'when something is odd, and once on a new machine' },
      { line: 'faaso doctor --json', about: 'the same for a script' },
    ],
  },
];
