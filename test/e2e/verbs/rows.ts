import type { VerbName } from '../../../src/cli/verb.ts';

/** How one verb is used in every way, and the exit code of each (design: 0 done, 1 system, 2 bad input, 3 functions). */
export interface Row {
  readonly verb: VerbName;
  /** Words after the verb in a use that succeeds, any number of times. */
  readonly args?: readonly string[];
  /** Its text on stdout; absent = anything but nothing. */
  readonly says?: RegExp;
  readonly stdin?: string;
  /** A line of shell that comes before each use. */
  readonly first?: string;
  /** Its exit code where the machine is in order; absent = 0. What is wrong with a machine is no failure of the verb. */
  readonly codes?: readonly number[];
  /** It changes the project: not at the same time as other verbs. */
  readonly changes?: true;
  /** It goes on until `faaso daemon stop`. */
  readonly serves?: true;
  /** A use that nobody could mean; absent = an option that does not exist. */
  readonly bad?: { readonly args: readonly string[]; readonly code: number; readonly says: RegExp };
  /** It needs no project. */
  readonly anywhere?: true;
  /** Exit code where no engine answers, for a project of which nothing runs. */
  readonly noEngine: 0 | 1 | 2 | 3;
  /** A use that takes long, when it is at it, and the exit code at Ctrl-C. Verbs that end at once need none. */
  readonly interrupted?: { readonly args: readonly string[]; readonly shows: RegExp; readonly code: number };
}

const unknownFunction = { args: ['nope'], code: 2, says: /no function is named "nope"/ };

/** Every verb. One that is missing here fails the test. */
export const ROWS: readonly Row[] = [
  {
    verb: 'apply',
    says: /1 function (?:applied|up to date)/,
    changes: true,
    bad: unknownFunction,
    noEngine: 1,
    interrupted: { args: ['slow', '--json'], shows: /"await-healthy"/, code: 130 },
  },
  {
    verb: 'serve',
    changes: true,
    says: /Serving on http/,
    serves: true,
    noEngine: 0,
    interrupted: { args: [], shows: /Serving on http/, code: 0 },
  },
  { verb: 'plan', args: ['hello'], says: /up to date/, bad: unknownFunction, noEngine: 1 },
  {
    verb: 'build',
    args: ['hello'],
    says: /docker run -p 3000:3000/,
    bad: unknownFunction,
    noEngine: 1,
    interrupted: { args: ['stuck', '--json'], shows: /"build-log"/, code: 130 },
  },
  {
    verb: 'export',
    args: ['hello', '%FOLDER%'],
    says: /docker .*build/,
    bad: { args: ['hello', '/'], code: 2, says: /is not empty/ },
    noEngine: 1,
  },
  {
    verb: 'export',
    args: ['caddy'],
    says: /reverse_proxy/,
    bad: { args: ['hello'], code: 2, says: /missing required argument "DIR"/ },
    noEngine: 3,
  },
  { verb: 'status', says: /hello +running/, noEngine: 0 },
  {
    verb: 'logs',
    args: ['hello'],
    bad: { args: ['--tail', 'all'], code: 2, says: /--tail takes a number/ },
    noEngine: 1,
    interrupted: { args: ['--follow'], shows: /hello/, code: 0 },
  },
  { verb: 'invoke', args: ['hello'], says: /^hello/, bad: unknownFunction, noEngine: 3 },
  {
    verb: 'test',
    args: ['hello'],
    says: /greets/,
    bad: unknownFunction,
    noEngine: 1,
    interrupted: { args: ['slow', '--json'], shows: /"step-started"|"build-log"/, code: 130 },
  },
  {
    verb: 'shell',
    args: ['hello', '--', 'echo', 'hi'],
    says: /^hi\n$/,
    bad: unknownFunction,
    noEngine: 3,
    interrupted: { args: ['hello', '--', 'sh', '-c', 'echo on; sleep 600'], shows: /^on/, code: 130 },
  },
  { verb: 'prune', args: ['--yes'], changes: true, noEngine: 1 },
  { verb: 'adopt', args: ['--yes'], says: /Nothing to adopt/, changes: true, noEngine: 1 },
  { verb: 'restart', args: ['hello'], says: /hello/, changes: true, bad: unknownFunction, noEngine: 1 },
  {
    verb: 'explain',
    args: ['/hello'],
    says: /route +\/hello/,
    bad: { args: ['mailto:me'], code: 2, says: /mailto:me/ },
    noEngine: 0,
  },
  { verb: 'releases', args: ['hello'], says: /1/, bad: unknownFunction, noEngine: 2 },
  {
    verb: 'rollback',
    args: ['hello', '1'],
    first: 'faaso rollback hello 2',
    says: /hello/,
    changes: true,
    bad: unknownFunction,
    noEngine: 1,
  },
  {
    verb: 'secret set',
    args: ['TOKEN'],
    stdin: 'value',
    changes: true,
    bad: { args: ['no/pe'], code: 2, says: /no\/pe/ },
    noEngine: 0,
  },
  {
    verb: 'secret list',
    first: 'echo value | faaso secret set TOKEN',
    says: /TOKEN/,
    changes: true,
    noEngine: 0,
  },
  {
    verb: 'secret rm',
    args: ['TOKEN'],
    first: 'echo value | faaso secret set TOKEN',
    changes: true,
    bad: { args: ['NOPE'], code: 2, says: /NOPE/ },
    noEngine: 0,
  },
  {
    verb: 'init',
    args: ['%FOLDER%', '--yes'],
    says: /functions\.yml/,
    anywhere: true,
    bad: { args: ['%FOLDER%', '--runtime', 'cobol', '--yes'], code: 2, says: /cobol/ },
    noEngine: 0,
  },
  {
    verb: 'new',
    args: ['%NAME%', '--runtime', 'node', '--no-route'],
    says: /functions\//,
    changes: true,
    bad: { args: ['Not_A_Name', '--runtime', 'node'], code: 2, says: /Not_A_Name/ },
    noEngine: 0,
  },
  {
    verb: 'runtimes',
    says: /python/,
    anywhere: true,
    bad: { args: ['cobol'], code: 2, says: /cobol/ },
    noEngine: 0,
  },
  { verb: 'validate', noEngine: 0 },
  { verb: 'daemon status', says: /running in the background/, noEngine: 0 },
  { verb: 'daemon restart', says: /The daemon runs, pid/, changes: true, noEngine: 0 },
  { verb: 'daemon stop', changes: true, noEngine: 0 },
  { verb: 'doctor', says: /engine +Docker Engine/, codes: [0, 1], anywhere: true, noEngine: 1 },
  { verb: 'setup', says: /engine +Docker/, anywhere: true, noEngine: 1 },
  {
    verb: 'hash key',
    args: ['ci'],
    says: /^key +faaso_[\w-]{43}\nentry +ci: sha256:[0-9a-f]{64}\n$/,
    bad: { args: ['a:b'], code: 2, says: /cannot be called "a:b"/ },
    anywhere: true,
    noEngine: 0,
  },
  {
    verb: 'hash password',
    args: ['ada'],
    stdin: 'correct horse',
    says: /ada: scrypt:15:8:3:/,
    bad: { args: ['a:b'], code: 2, says: /cannot be called "a:b"/ },
    anywhere: true,
    noEngine: 0,
  },
  { verb: 'schema', says: /json-schema/, anywhere: true, noEngine: 0 },
  { verb: 'version', says: /^faaso \d/, anywhere: true, noEngine: 0 },
  {
    verb: 'help',
    says: /Usage/,
    anywhere: true,
    bad: { args: ['aply'], code: 2, says: /did you mean apply/ },
    noEngine: 0,
  },
  { verb: 'down', changes: true, noEngine: 1 },
];
