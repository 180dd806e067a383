import { FaasoError } from '../../core/errors.ts';
import { noSpace, saysNoSpace, wordsOf } from './errors.ts';
import { registryOf } from './registry-auth.ts';

interface Cause {
  readonly says: RegExp;
  /** `registry` is its name. */
  readonly reason: (registry: string) => string;
  readonly hint: (registry: string, reference: string) => string;
}

const NETWORK = 'check the network and the proxy settings of the engine';

const LOGIN_NEEDED: Cause = {
  says: /no basic auth credentials|unauthorized|authentication required|access denied|denied:|forbidden/i,
  reason: (registry) =>
    `the registry ${registry} gives it to nobody who is not logged in, or does not have it`,
  hint: (registry, reference) =>
    `check the name ${reference}, and log in as the user who runs faaso: docker login${registry === 'docker.io' ? '' : ` ${registry}`}`,
};

/** The engine answers 500 to all of these, with words of its own and of the registry's. */
const CAUSES: readonly Cause[] = [
  {
    says: /no such host|name resolution|server misbehaving/i,
    reason: (registry) => `the name of the registry ${registry} is not known: DNS has no answer for it`,
    hint: (registry) => `check the name ${registry}, then the network and the DNS of this host`,
  },
  {
    says: /connection refused/i,
    reason: (registry) => `the registry ${registry} refuses connections: nothing listens there`,
    hint: (registry) => `check that ${registry} is the right address and that the registry runs`,
  },
  LOGIN_NEEDED,
  {
    says: /manifest unknown|not found|does not exist|name unknown/i,
    reason: (registry) => `the registry ${registry} has no such image`,
    hint: (_, reference) => `check name and tag: ${reference}`,
  },
  {
    says: /x509|certificate|server gave HTTP response to HTTPS/i,
    reason: (registry) => `the engine does not trust the registry ${registry}`,
    hint: (registry) =>
      `give the engine the registry's certificate: /etc/docker/certs.d/${registry}/ca.crt, or list it in "insecure-registries" of /etc/docker/daemon.json`,
  },
  {
    says: /toomanyrequests|rate limit/i,
    reason: (registry) => `the registry ${registry} allows no more pulls for now`,
    hint: (registry) => `log in, or try again later: docker login ${registry}`,
  },
  {
    says: /timeout|deadline exceeded|took longer|no progress|EOF|connection reset|no route to host|unreachable/i,
    reason: (registry) => `the registry ${registry} does not answer, or broke off`,
    hint: () => NETWORK,
  },
];

/** What a failed pull means. `sentLogin`: whether a login of the user's was sent along. */
export function pullError(reference: string, error: unknown, sentLogin: boolean): FaasoError {
  if (error instanceof FaasoError && (error.code === 'engine-unreachable' || error.code === 'no-space'))
    return error;
  const words = wordsOf(error);
  if (saysNoSpace(words)) return noSpace(words, error);
  const registry = registryOf(reference);
  const known = CAUSES.find(({ says }) => says.test(words));
  const refused = sentLogin && known === LOGIN_NEEDED;
  const reason = refused
    ? `the registry ${registry} refuses the login that Docker keeps for it`
    : known?.reason(registry);
  return new FaasoError(
    'image-missing',
    `the image ${reference} is not on the engine and could not be pulled`,
    {
      details: [...(reason === undefined ? [] : [reason]), words],
      hint: `${known?.hint(registry, reference) ?? NETWORK}`,
      cause: error,
    },
  );
}
