/** Keys of a route, and of the router, that keep requests away or count them. */
import { CLIENT_NAME_PATTERN, KEY_HASH_PATTERN } from '../core/clients.ts';
import { PASSWORD_HASH_PATTERN } from '../core/passwords.ts';
import { DEFAULTS } from './defaults.ts';
import { RATE_PATTERN, duration } from './schema-parts.ts';

const clientNames = { pattern: CLIENT_NAME_PATTERN } as const;
const count = (minimum: number, description: string) =>
  ({ type: 'integer', minimum, maximum: 1_000_000_000, description }) as const;

const auth = {
  type: 'object',
  title: 'Authentication',
  description:
    'Who may call: clients with an API key, users with a password. Others get 401. The function gets the name as X-Faaso-Client, and not the credential.',
  additionalProperties: false,
  properties: {
    keys: {
      type: 'object',
      description:
        'API keys by the name of the client; sent as "Authorization: Bearer KEY" or "X-API-Key: KEY". faaso hash key makes one.',
      propertyNames: clientNames,
      additionalProperties: { type: 'string', pattern: KEY_HASH_PATTERN },
      maxProperties: 1000,
      examples: [{ ci: `sha256:${'0123456789abcdef'.repeat(4)}` }],
    },
    basic: {
      type: 'object',
      description: 'Passwords by user, for HTTP Basic. faaso hash password makes the entry.',
      propertyNames: clientNames,
      additionalProperties: { type: 'string', pattern: PASSWORD_HASH_PATTERN },
      maxProperties: 1000,
      examples: [{ ada: 'scrypt:15:8:3:QZ7AQ3MeI2p8D4zqPYf9Lw:3eUVu8O0kAFAJHwPpAbh3jCe6Q9wwKkFYdOj8yJ4fRk' }],
    },
  },
  examples: [{ keys: { ci: `sha256:${'0123456789abcdef'.repeat(4)}` } }],
} as const;

const maxConcurrency = {
  description:
    'Requests, WebSockets too, that the route takes at once. Further ones wait for their turn; more than may wait, or longer, get 429 with Retry-After. A number alone is requests. Default: no limit.',
  anyOf: [
    count(1, 'Requests at once.'),
    {
      type: 'object',
      additionalProperties: false,
      required: ['requests'],
      properties: {
        requests: count(1, 'Requests at once.'),
        queue: {
          ...count(0, 'Requests that may wait.'),
          maximum: 100_000,
          default: DEFAULTS.concurrency.queue,
        },
        wait: duration(DEFAULTS.concurrency.wait, 'How long one waits at most.'),
      },
    },
  ],
  examples: [20, { requests: 20, queue: 100, wait: '5s' }],
} as const;

const rateLimit = {
  description:
    'How often the route may be called; what comes more often gets 429 with Retry-After. 10/s, 600/m or 1000/h is short for so many requests in a second, minute or hour. Default: no limit.',
  anyOf: [
    { type: 'string', pattern: RATE_PATTERN },
    {
      type: 'object',
      additionalProperties: false,
      required: ['requests'],
      properties: {
        requests: count(1, 'Requests in the time of per.'),
        per: duration(DEFAULTS.rateLimit.per, 'The time that requests counts for.'),
        burst: count(1, 'How many may come at once after a pause. Default: as many as requests.'),
        by: {
          enum: ['client', 'key'],
          default: DEFAULTS.rateLimit.by,
          description:
            'Whose requests count together: those of one address (of IPv6, of one /64 network), or of one name in auth.',
        },
      },
    },
  ],
  examples: ['10/s', { requests: 10, per: '1s', burst: 20, by: 'key' }],
} as const;

export const routeProtection = {
  auth,
  max_concurrency: maxConcurrency,
  rate_limit: rateLimit,
  public: {
    type: 'boolean',
    default: true,
    description:
      'Whether everybody may call. If false, answered only for callers of this machine, by the address of the connection (behind trusted_proxies, by that of the client). Others get the 404 of a path without a route.',
  },
  access_log: {
    type: 'boolean',
    description: 'Whether its requests get a line in the access log. Default: as router.access_log.',
  },
} as const;

const limit = (fallback: number, description: string) =>
  ({ ...count(0, `${description} 0: no limit.`), default: fallback }) as const;

export const routerProtection = {
  access_log: {
    type: 'boolean',
    default: DEFAULTS.router.accessLog,
    description: 'Whether each request gets a line of JSON in the access log; faaso logs --access shows it.',
  },
  limits: {
    type: 'object',
    title: 'Router limits',
    description: 'What the router takes from clients at most.',
    additionalProperties: false,
    properties: {
      connections: limit(
        DEFAULTS.routerLimits.connections,
        'Connections at once, at most half of the files that the process may open. At the limit an idle one makes room, else the new one gets 503.',
      ),
      connections_per_address: limit(
        DEFAULTS.routerLimits.connectionsPerAddress,
        'Connections at once from one address (of IPv6 a network of 64 bits) that is neither this machine nor in trusted_proxies. Many people may share one.',
      ),
      upload_rate: limit(
        DEFAULTS.routerLimits.uploadRate,
        'Bytes a second that the body of a request comes with at least, on average, once the router has waited a minute for it and the answer has not begun.',
      ),
    },
    examples: [{ connections: 10_000 }],
  },
} as const;
