import type { Verb } from '../verb.ts';
import { NAMES } from './names.ts';

/** What changes or removes what runs. */
export const CHANGE: readonly Verb[] = [
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
    name: 'adopt',
    summary: 'take the project over from another folder that runs it',
    description:
      'For a second copy of a project, as after a new checkout, while the first still is there and runs. No request is lost. A folder that was moved needs only "faaso apply".',
    arguments: [],
    options: [{ flags: '-y, --yes', description: 'do not ask' }],
    examples: [{ line: 'faaso adopt', about: 'shows from where, and what happens, and asks' }],
  },
  {
    name: 'down',
    summary: 'stop and remove all containers, the router and the daemon',
    description:
      "Removes only what carries this project's label. The files, secrets, releases and (without --volumes) the data in volumes stay.",
    arguments: [],
    options: [
      { flags: '--images', description: "also remove the project's images, and with them its releases" },
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
];
