/** Pieces that the schemas share. Draft 7, because that is what editors know. */
import { CLIENT_NAME_PATTERN, CLIENT_NAME_RULE, KEY_HASH_PATTERN } from '../core/clients.ts';
import { NAME_RULE, SECRET_NAME_RULE } from '../core/names.ts';
import { PASSWORD_HASH_PATTERN } from '../core/passwords.ts';
import { DEFAULTS } from './defaults.ts';
import { DURATION_PATTERN, SIZE_PATTERN } from './units.ts';

const NAME_PATTERN = '^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$';
const SECRET_NAME_PATTERN = '^[A-Za-z_][A-Za-z0-9._-]{0,62}$';
/** What the engine takes (moby, RestrictedNamePattern). */
const NETWORK_NAME_PATTERN = '^[A-Za-z0-9][A-Za-z0-9_.-]*$';
const HOOK_URL_PATTERN = '^https?://[!-~]+$';
const ENV_NAME_PATTERN = '^[A-Za-z_][A-Za-z0-9_.-]*$';
const ARG_NAME_PATTERN = '^[A-Za-z_][A-Za-z0-9_]*$';
const OPTION_NAME_PATTERN = '^[a-z][a-z0-9_]*$';
const PACKAGE_PATTERN = '^[a-z0-9][a-z0-9.+-]*$';
const PORTS_PATTERN = '^[0-9]{1,5}-[0-9]{1,5}$';
export const LISTEN_PATTERN = '^.*:[0-9]{1,5}$';
/** As Caddy writes the address of its admin API. */
export const ADMIN_PATTERN =
  '^(?:unix/(?:/[!-{}-~]+)+|(?:https?://)?[A-Za-z0-9.-]+:[0-9]{1,5}|\\[[0-9a-f:]+\\]:[0-9]{1,5})$';
export const EMAIL_PATTERN = '^[^@\\s]+@[^@\\s]+$';
const URL_PATH_PATTERN = '^/[!-~]*$';
const METHOD_PATTERN = '^[A-Z]+(?:-[A-Z]+)?$';
const HEADER_NAME_PATTERN = "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$";
const HEADER_VALUE_PATTERN = '^[\\t -~\\u0080-\\u00ff]*$';
/** `host:port/path:tag@digest`, after the grammar of the distribution project's reference package. */
const IMAGE_PATTERN =
  '^(?:[A-Za-z0-9][A-Za-z0-9.-]*(?::[0-9]{1,5})?/)?[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$';

export const RATE_PATTERN = '^[1-9][0-9]{0,8}/[smh]$';

/** What a text that breaks a pattern should have been, in words for an error. */
export const PATTERN_WORDS: ReadonlyMap<string, string> = new Map([
  [NAME_PATTERN, NAME_RULE],
  [SECRET_NAME_PATTERN, SECRET_NAME_RULE],
  [NETWORK_NAME_PATTERN, 'the name of a Docker network: letters, digits, "_", "." and "-"'],
  [HOOK_URL_PATTERN, 'a URL that begins with http:// or https://'],
  [ENV_NAME_PATTERN, 'a name of letters, digits, "_", "." and "-" that starts with a letter or "_"'],
  [ARG_NAME_PATTERN, 'a name of letters, digits and "_" that does not start with a digit'],
  [OPTION_NAME_PATTERN, 'a name of lower-case letters, digits and "_" that starts with a letter'],
  [PACKAGE_PATTERN, 'the name of a Debian package: lower-case letters, digits, ".", "+" and "-"'],
  [PORTS_PATTERN, 'a range of ports such as 20000-20999'],
  [LISTEN_PATTERN, 'an address and a port such as 127.0.0.1:8080'],
  [ADMIN_PATTERN, 'an address such as 127.0.0.1:2019 or unix//run/caddy/admin.sock'],
  [EMAIL_PATTERN, 'an e-mail address'],
  [URL_PATH_PATTERN, 'a path that starts with "/", without spaces'],
  [METHOD_PATTERN, 'an HTTP method such as GET'],
  [HEADER_NAME_PATTERN, 'the name of an HTTP header'],
  [HEADER_VALUE_PATTERN, 'the value of an HTTP header: one line'],
  [IMAGE_PATTERN, 'an image such as ghcr.io/acme/hello:1'],
  [CLIENT_NAME_PATTERN, `a name of ${CLIENT_NAME_RULE}`],
  [KEY_HASH_PATTERN, 'the hash of an API key as faaso hash key prints it: sha256: and 64 hexadecimal digits'],
  [PASSWORD_HASH_PATTERN, 'the hash of a password as faaso hash password prints it'],
  [RATE_PATTERN, 'a rate such as 10/s, 600/m or 1000/h'],
  [DURATION_PATTERN, 'a duration such as 500ms, 10s or 1m30s'],
  [SIZE_PATTERN, 'a size such as 64m or 1g'],
]);

export const name = (description: string) =>
  ({ type: 'string', pattern: NAME_PATTERN, maxLength: 63, description }) as const;

export const text = (description: string) => ({ type: 'string', description }) as const;

export const duration = (fallback: string, description: string) =>
  ({
    type: 'string',
    pattern: DURATION_PATTERN,
    default: fallback,
    description,
    examples: ['10s', '1m30s'],
  }) as const;

export const size = (fallback: string, description: string) =>
  ({
    type: ['string', 'integer'],
    pattern: SIZE_PATTERN,
    minimum: 0,
    default: fallback,
    description: `${description} Multiples are binary: 64m, 1g, 512k; a number alone is bytes.`,
    examples: ['64m', '1g'],
  }) as const;

export const urlPath = (description: string) =>
  ({ type: 'string', pattern: URL_PATH_PATTERN, maxLength: 1024, description }) as const;

export const image = (description: string) =>
  ({ type: 'string', pattern: IMAGE_PATTERN, maxLength: 255, description }) as const;

export const method = { type: 'string', pattern: METHOD_PATTERN, examples: ['GET', 'POST'] } as const;
export const packages = {
  type: 'array',
  items: { type: 'string', pattern: PACKAGE_PATTERN },
  uniqueItems: true,
} as const;
export const ports = { type: 'string', pattern: PORTS_PATTERN } as const;

export const secretName = { type: 'string', pattern: SECRET_NAME_PATTERN } as const;
export const networkName = { type: 'string', pattern: NETWORK_NAME_PATTERN, maxLength: 255 } as const;
export const hookUrl = (description: string) =>
  ({
    type: 'string',
    pattern: HOOK_URL_PATTERN,
    maxLength: 2048,
    description,
    examples: ['https://hooks.example.org/faaso'],
  }) as const;

/** A mapping from environment variables to texts. */
export const env = {
  type: 'object',
  description: 'Environment variables. Values are text: quote numbers and booleans.',
  propertyNames: { pattern: ENV_NAME_PATTERN },
  additionalProperties: { type: 'string' },
  examples: [{ LEVEL: 'info', REGION: 'eu' }],
} as const;

export const buildArgs = {
  type: 'object',
  description: 'Extra build arguments of every build. Values are text.',
  propertyNames: { pattern: ARG_NAME_PATTERN },
  additionalProperties: { type: 'string' },
} as const;

export const headers = {
  type: 'object',
  propertyNames: { pattern: HEADER_NAME_PATTERN },
  additionalProperties: { type: 'string', pattern: HEADER_VALUE_PATTERN },
} as const;

export const optionNames = { pattern: OPTION_NAME_PATTERN } as const;

/** A runtime's option, as a user sets it. */
export const optionValue = { type: ['string', 'integer', 'boolean'] } as const;

export const health = {
  type: 'object',
  title: 'Health',
  description: 'How an instance is probed over HTTP.',
  examples: [{ path: '/healthz' }],
  additionalProperties: false,
  properties: {
    path: urlPath(
      `Path that answers 2xx while the function is healthy. Default: ${DEFAULTS.health.path}, which the shims answer; for a prebuilt image any answer to it counts.`,
    ),
    interval: duration(DEFAULTS.health.interval, 'Time between probes.'),
    timeout: duration(DEFAULTS.health.timeout, 'How long one probe may take.'),
    retries: {
      type: 'integer',
      minimum: 1,
      maximum: 100,
      default: DEFAULTS.health.retries,
      description: 'Failed probes in a row that make an instance unhealthy.',
    },
    start_period: duration(
      DEFAULTS.health.startPeriod,
      'Raises the deploy timeout of 30 s for a slow start.',
    ),
  },
} as const;
