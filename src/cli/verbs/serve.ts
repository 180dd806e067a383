import type { Verb } from '../verb.ts';
import { NAMES } from './names.ts';

/** From files to functions that serve. */
export const SERVE: readonly Verb[] = [
  {
    name: 'apply',
    summary: 'build, start, check and route what changed in the files',
    description:
      'A function that fails leaves its earlier release serving and does not stop the others (exit code 3). Starts a daemon in the background when none runs. Ctrl-C cancels what is not committed yet.',
    arguments: [NAMES],
    options: [],
    examples: [
      { line: 'faaso apply', about: 'all functions' },
      { line: 'faaso apply sum', about: 'one function; nothing is removed' },
      { line: 'faaso apply --json', about: 'each event as a line of JSON, the result as the last' },
    ],
  },
  {
    name: 'plan',
    summary: 'show what apply would do, and why; change nothing',
    description: 'Values of environment variables stay hidden unless asked for.',
    arguments: [NAMES],
    options: [
      { flags: '--exit-code', description: 'exit with 4 when something would change' },
      { flags: '--show-values', description: 'show values of environment variables' },
    ],
    examples: [
      { line: 'faaso plan', about: 'what an apply would do now' },
      { line: 'faaso plan --exit-code', about: 'in a script: has anything changed?' },
    ],
  },
  {
    name: 'test',
    summary: "run functions' own tests against throw-away containers",
    description:
      'The tests are those under "test:" in each metadata.yml, as the files are now. What is not built yet is built. The container has the function\'s limits, secrets and networks; its volumes are empty ones in memory, so that no test touches the data of what serves. It is removed afterwards. Needs no daemon; nothing that is applied changes. Ends with exit code 3 when a test failed or a function could not be tested.',
    arguments: [NAMES],
    options: [],
    examples: [
      { line: 'faaso test', about: 'all of them, as in CI' },
      { line: 'faaso test sum', about: 'while working on sum' },
    ],
  },
  {
    name: 'serve',
    summary: 'apply, then run router and reconciler here until Ctrl-C',
    description:
      'Functions keep running after Ctrl-C; the router ends. With --watch every valid change of the files is applied by itself, except removals, which wait for "faaso apply".',
    arguments: [],
    options: [
      {
        flags: '-w, --watch',
        description: 'apply changes of functions.yml and of functions as they are saved',
      },
    ],
    examples: [
      { line: 'faaso serve --watch', about: 'develop: edit, save, call' },
      { line: 'faaso serve', about: 'serve what is applied; edits wait for "faaso apply"' },
    ],
  },
  {
    name: 'build',
    summary: 'build images without starting anything',
    description: 'An image that is there already is not built again unless --no-cache or --pull asks for it.',
    arguments: [NAMES],
    options: [
      { flags: '--no-cache', description: 'build every step anew' },
      { flags: '--pull', description: 'look for newer base images first' },
    ],
    examples: [{ line: 'faaso build sum', about: 'then: docker run -p 3000:3000 IMAGE' }],
  },
  {
    name: 'export',
    summary: "write a function's build context, or routes for Caddy",
    description:
      'The folder holds the template, the function and a Dockerfile for "docker build" with BuildKit (docker-buildx). ' +
      '"faaso export caddy", without DIR, is for leaving faaso: it prints a Caddyfile with the routes as they are served ' +
      "now, whichever router serves them, and the present address of each function; what Caddy does in another way stands in its comments. With --json it is Caddy's own JSON, as exact as faaso would tell it.",
    arguments: [
      { name: 'NAME', description: 'the function; or caddy', arity: 'required' },
      {
        name: 'DIR',
        description: 'a folder that is empty or does not exist yet; none for Caddy',
        arity: 'optional',
      },
    ],
    options: [],
    examples: [
      { line: 'faaso export sum /tmp/sum', about: 'see what a build of sum gets' },
      { line: 'faaso export caddy > Caddyfile', about: 'then: caddy run --config Caddyfile' },
    ],
  },
];
