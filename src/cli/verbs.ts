import type { Argument, Option, Verb } from './verb.ts';

const NAMES: Argument = { name: 'NAME', description: 'functions; all when none is named', arity: 'many' };

/** Options that every verb takes, before or after its name. */
export const GLOBAL_OPTIONS: readonly Option[] = [
  {
    flags: '-C, --project <path>',
    description: 'a folder of the project, or its functions.yml (default: this folder or one above)',
  },
  {
    flags: '-f, --file <path>',
    description:
      "the project's file, whatever its name; each further one wins over those before (default: FAASO_FILE)",
  },
  { flags: '--json', description: 'answers as JSON; one value a line where a verb takes time' },
  { flags: '--no-color', description: 'no colours (as with NO_COLOR set)' },
];

/** Those of {@link GLOBAL_OPTIONS} that may stand after the verb, without the flags that the verb has itself. */
export function globalOptions(verb: Pick<Verb, 'options'>): readonly Option[] {
  const own = new Set(verb.options.flatMap((option) => words(option.flags)));
  return GLOBAL_OPTIONS.flatMap(({ flags, description }) => {
    const [, value = ''] = / (<.*)$/.exec(flags) ?? [];
    const left = words(flags).filter((word) => !own.has(word));
    return left.length === 0 ? [] : [{ flags: `${left.join(', ')} ${value}`.trim(), description }];
  });
}

/** `-f, --file <path>` → `-f`, `--file` */
function words(flags: string): string[] {
  return flags.replace(/ <.*$/, '').split(', ');
}

/** All verbs, in the order of the help. */
export const VERBS: readonly Verb[] = [
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
      "Copies the runtime's scaffold to functions/NAME and adds a line to functions.yml, in which nothing else changes. faaso apply then brings it up.",
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
      "A runtime is a folder in faaso's templates/ or in the project's own. Without a project it lists faaso's.",
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
    summary: "write a function's build context to a folder",
    description:
      'The folder holds the template, the function and a Dockerfile for "docker build" with BuildKit (docker-buildx).',
    arguments: [
      { name: 'NAME', description: 'the function', arity: 'required' },
      { name: 'DIR', description: 'a folder that is empty or does not exist yet', arity: 'required' },
    ],
    options: [],
    examples: [{ line: 'faaso export sum /tmp/sum', about: 'see what a build of sum gets' }],
  },
  {
    name: 'down',
    summary: 'stop and remove all containers, the router and the daemon',
    description:
      "Removes only what carries this project's label. The files, secrets and (without --volumes) the data in volumes stay.",
    arguments: [],
    options: [
      { flags: '--images', description: "also remove the project's images" },
      {
        flags: '--volumes',
        description: 'also remove its volumes, with the data in them; not asked for again',
      },
    ],
    examples: [
      { line: 'faaso down', about: 'faaso apply brings everything back' },
      {
        line: 'faaso down --images --volumes',
        about: 'to uninstall: what is left of it is .faaso/, with secrets',
      },
    ],
  },
  {
    name: 'prune',
    summary: 'remove images, containers and volumes that nothing needs',
    description:
      "What runs, what is applied and its two earlier releases stay; so do data, unless --volumes is given, and everything that is not of this project. The cache of builds is the engine's: docker builder prune.",
    arguments: [],
    options: [
      { flags: '--all', description: 'also images for rollbacks, and of functions that are not applied' },
      { flags: '--volumes', description: 'also volumes with data that nothing names any more; asks first' },
      { flags: '--dry-run', description: 'only show what would be removed, and why' },
      { flags: '-y, --yes', description: 'do not ask before data is removed' },
    ],
    examples: [
      { line: 'faaso prune --dry-run', about: 'what would go, and how much that frees' },
      { line: 'faaso prune --all', about: 'keep only the images that run' },
    ],
  },
  {
    name: 'adopt',
    summary: 'take the project over from another folder that runs it',
    description:
      'For a second copy of a project, as after a new checkout, while the first still is there and runs. No request is lost. A folder that was moved needs only "faaso apply".',
    arguments: [],
    options: [{ flags: '-y, --yes', description: 'do not ask' }],
    examples: [{ line: 'faaso adopt', about: 'shows from where, and what happens, and asks' }],
  },
  {
    name: 'restart',
    summary: 'replace what runs by new instances; no request is lost',
    description:
      'The new instance is started beside the old one and takes over once it is healthy. A function that is down is started at once, whatever its back-off. What is applied stays as it is, and edited files wait for "faaso apply".',
    arguments: [NAMES],
    options: [],
    examples: [
      { line: 'faaso restart sum', about: 'one function' },
      { line: 'faaso restart', about: 'all of them' },
    ],
  },
  {
    name: 'releases',
    summary: 'list the releases that are kept of a function',
    description: 'The last three that served, with what each changed. Works without a daemon.',
    arguments: [{ name: 'NAME', description: 'the function', arity: 'required' }],
    options: [],
    examples: [{ line: 'faaso releases sum', about: 'what a rollback can go to' }],
  },
  {
    name: 'rollback',
    summary: 'go back to an earlier release of a function, without a build',
    description:
      'Image, container settings and routes of that release return; secrets have the values of now. It holds until the files of the function or its keys change: neither an apply nor --watch undoes it.',
    arguments: [
      { name: 'NAME', description: 'the function', arity: 'required' },
      {
        name: 'RELEASE',
        description: "a release's number (default: the last that served before)",
        arity: 'optional',
      },
    ],
    options: [],
    examples: [
      { line: 'faaso rollback sum', about: 'after a bad deploy' },
      { line: 'faaso rollback sum 3', about: 'to that release, be it older or newer' },
    ],
  },
  {
    name: 'secret set',
    summary: 'set a secret from standard input; who uses it is restarted with it',
    description:
      'On a terminal the value is asked for and not shown. From a pipe or file one newline at its end is left out. Functions that name it under "secrets:" find it in /run/secrets/NAME. What cannot start with a new value goes on with the old one (exit code 3).',
    arguments: [
      {
        name: 'NAME',
        description: 'letters, digits, "_", "." and "-"; it names the file in /run/secrets',
        arity: 'required',
      },
    ],
    options: [],
    examples: [
      { line: 'faaso secret set API_KEY', about: 'asks for the value' },
      { line: 'faaso secret set tls.key < key.pem', about: 'from a file' },
    ],
  },
  {
    name: 'secret list',
    summary: 'list secrets: when each was set, and who uses it',
    description: 'Values are never shown.',
    arguments: [],
    options: [],
    examples: [{ line: 'faaso secret list', about: 'also those that a function names and nobody set' }],
  },
  {
    name: 'secret rm',
    summary: 'forget a secret that no function uses',
    description: 'Refused while a function names it, be it applied or in functions.yml.',
    arguments: [{ name: 'NAME', description: 'the secret', arity: 'required' }],
    options: [],
    examples: [
      { line: 'faaso secret rm API_KEY', about: 'after it was taken out of functions.yml and applied' },
    ],
  },
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
    name: 'logs',
    summary: 'show what functions wrote to stdout and stderr',
    description:
      'Follows with -f until Ctrl-C. Into a pipe or file the text passes as the function wrote it.',
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
    ],
    examples: [
      { line: 'faaso logs -f sum', about: 'follow one function' },
      { line: 'faaso logs --since 10m', about: 'the last ten minutes of all' },
      { line: 'faaso logs sum --tail 20', about: 'the last twenty lines' },
      { line: 'faaso logs -g Error: --tail 5', about: 'the last five errors of each' },
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

/** Groups of verbs with two words. */
export const GROUPS: Readonly<Record<string, string>> = {
  secret: 'set, list or remove secrets',
  daemon: 'look at, stop or restart the daemon in the background',
};
