import { FaasoError } from '../../../core/errors.ts';
import { noSpace, saysNoSpace } from '../errors.ts';
import { cleanLine } from './clean-line.ts';
import type { FailedStep } from './progress.ts';

/** Longest name of a step in a message, in characters. */
const MAX_NAME = 160;

/** Wrappings that say nothing about the cause. */
const PREFIXES = [
  /^failed to solve(?: with frontend [\w.]+)?: /,
  /^rpc error: code = \w+ desc = /,
  /^failed to (?:build|create) LLB(?: definition)?: /,
  /^failed to solve: /,
];

/** Makes the error of a failed build: the step with its exit code first, its last lines, and what often helps. */
export function buildFailure(message: string, step: FailedStep | undefined): FaasoError {
  const [cause = '', ...more] = unwrap(step === undefined ? message : step.error)
    .split('\n')
    .map(cleanLine);
  const details = [...more, ...(step?.lines ?? [])];
  const evidence = [cause, ...details].join('\n');
  if (saysNoSpace(evidence)) return noSpace(cause, undefined);
  const hint = hintFor(evidence, exitCode(cause));
  return new FaasoError(
    'build-failed',
    step === undefined ? `the build failed: ${cause}` : `${shorten(step.name)} failed: ${reason(cause)}`,
    {
      details,
      ...(hint === undefined ? {} : { hint }),
    },
  );
}

function unwrap(message: string): string {
  let text = message.trim();
  for (let before = ''; before !== text;) {
    before = text;
    for (const prefix of PREFIXES) text = text.replace(prefix, '');
  }
  return text;
}

/** `exit code 1` where a command ended; BuildKit says it in words only, which differ between its versions. */
function reason(cause: string): string {
  const code = exitCode(cause);
  return code === undefined ? cause : `exit code ${code}`;
}

function exitCode(cause: string): number | undefined {
  const match = /exit code: (\d+)/.exec(cause);
  return match === null ? undefined : Number(match[1]);
}

/** What log lines are a sign of; only ever advice. */
const SIGNS: readonly (readonly [RegExp, string])[] = [
  [
    /certificate|x509|CERT_VERIFY|SELF_SIGNED/i,
    'where the network re-signs TLS, builds need the host’s authorities: set "build: { ca_bundle: host }" in functions.yml',
  ],
  [
    /could not resolve|temporary failure (?:in name )?resol|name or service not known|no such host|\bEAI_AGAIN\b|\bENOTFOUND\b|network is unreachable/i,
    'the build has no way to the network; behind a proxy set "build: { proxy: host }" in functions.yml',
  ],
  [
    /unable to locate package|has no installation candidate/i,
    'a name under "packages:" in metadata.yml is not one of the base image’s distribution',
  ],
];

/** What exit codes mean that a shell and the kernel give. */
const EXITS: Readonly<Record<number, string>> = {
  127: 'a command is not in the base image; add its package under "packages: build:" in metadata.yml',
  137: 'the command was killed, most likely because the machine ran out of memory',
};

function hintFor(evidence: string, code: number | undefined): string | undefined {
  const sign = SIGNS.find(([pattern]) => pattern.test(evidence));
  return sign?.[1] ?? (code === undefined ? undefined : EXITS[code]);
}

function shorten(name: string): string {
  return name.length <= MAX_NAME ? name : `${name.slice(0, MAX_NAME)}…`;
}
