import { DEFAULTS } from './defaults.ts';
import { functionEntry } from './function-schema.ts';
import { routeProtection, routerProtection } from './protection-schema.ts';
import {
  ADMIN_PATTERN,
  EMAIL_PATTERN,
  LISTEN_PATTERN,
  buildArgs,
  duration,
  hookUrl,
  image,
  method,
  name,
  ports,
  size,
  text,
} from './schema-parts.ts';

const route = {
  type: 'object',
  title: 'Route',
  additionalProperties: false,
  required: ['function'],
  properties: {
    function: name('The function that answers.'),
    host: text('Host that the route is for. Default: any.'),
    methods: {
      type: 'array',
      items: method,
      minItems: 1,
      uniqueItems: true,
      description: 'Default: all. HEAD comes with GET.',
    },
    strip_prefix: {
      type: 'boolean',
      default: DEFAULTS.route.stripPrefix,
      description: 'Whether the function sees /x for /reports/x.',
    },
    timeout: duration(
      DEFAULTS.route.timeout,
      'To the first byte of the answer; the same, idle, for the rest.',
    ),
    max_body: size(DEFAULTS.route.maxBody, 'Largest body of a request.'),
    ...routeProtection,
  },
} as const;

const onFailure = {
  type: 'object',
  title: 'Failure hook',
  description:
    'Who is told when a function, the router or the engine fails, and when it is well again: a command or a URL. Of the router once it is down for 5 s, of the engine for a minute.',
  additionalProperties: false,
  properties: {
    command: {
      type: 'array',
      items: { type: 'string' },
      minItems: 1,
      description:
        "A program with its arguments; it gets the event as JSON on its standard input. One with a / in it is looked for from the project's folder.",
      examples: [['scripts/notify', '--channel', 'ops']],
    },
    url: hookUrl('A URL that the event is sent to as JSON by POST.'),
    timeout: duration(DEFAULTS.onFailure.timeout, 'How long one call may take.'),
  },
  examples: [{ command: ['scripts/notify'] }],
} as const;

/** JSON Schema of functions.yml. */
export const functionsSchema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'functions.yml',
  description: 'Maps URL paths to functions.',
  type: 'object',
  additionalProperties: false,
  properties: {
    name: name("The project's name. Default: the folder's name."),
    ports: { ...ports, default: DEFAULTS.ports, description: 'Host ports of instances, on loopback.' },
    router: {
      type: 'object',
      title: 'Router',
      description: 'What listens for requests.',
      examples: [{ listen: '0.0.0.0:80' }],
      additionalProperties: false,
      properties: {
        kind: {
          enum: ['builtin', 'caddy'],
          default: DEFAULTS.router.kind,
          description: "What carries the traffic: faaso's own router, or Caddy (2.11.8 or later).",
        },
        admin: {
          type: 'string',
          pattern: ADMIN_PATTERN,
          description:
            'Of kind caddy: the admin API of a Caddy of your own. Default: faaso starts one (caddy on the PATH).',
          examples: ['127.0.0.1:2019', 'unix//run/caddy/admin.sock'],
        },
        https: {
          type: 'object',
          title: 'Https',
          description: 'Of kind caddy: hosts that routes name get certificates, HTTP/2 and HTTP/3.',
          examples: [{ email: 'ops@example.org' }],
          additionalProperties: false,
          properties: {
            listen: {
              type: 'string',
              pattern: LISTEN_PATTERN,
              default: DEFAULTS.router.https.listen,
              description: 'Address and port with TLS (TCP and UDP).',
              examples: ['127.0.0.1:8443'],
            },
            issuer: {
              enum: ['acme', 'internal'],
              default: DEFAULTS.router.https.issuer,
              description:
                "Who signs: acme is Let's Encrypt; internal is Caddy's own authority, for tests and inner networks.",
            },
            email: {
              type: 'string',
              pattern: EMAIL_PATTERN,
              description: 'Whom the authority writes to when a certificate is about to expire.',
            },
          },
        },
        listen: {
          type: 'string',
          pattern: LISTEN_PATTERN,
          default: DEFAULTS.router.listen,
          description: 'Address and port; port 0 takes a free one.',
          examples: ['0.0.0.0:80', '[::1]:8080'],
        },
        trusted_proxies: {
          type: 'array',
          items: { type: 'string' },
          uniqueItems: true,
          description: 'Addresses or CIDR ranges of proxies whose X-Forwarded headers are believed.',
          examples: [['10.0.0.0/8']],
        },
        ...routerProtection,
      },
    },
    build: {
      type: 'object',
      title: 'Build',
      description: 'What all builds share.',
      examples: [{ ca_bundle: 'host' }],
      additionalProperties: false,
      properties: {
        ca_bundle: {
          enum: ['host', 'none'],
          default: DEFAULTS.build.caBundle,
          description: "host: builds trust the host's certificate authorities; they never enter an image.",
        },
        proxy: {
          enum: ['host', 'none'],
          default: DEFAULTS.build.proxy,
          description: "host: builds get the host's proxy variables.",
        },
        args: buildArgs,
      },
    },
    bases: {
      type: 'object',
      description: 'Replacements of base images, for mirrors: image that a runtime names → image to use.',
      propertyNames: image('The image that a runtime names.'),
      additionalProperties: image('The image to use instead.'),
      examples: [{ 'python:3.12-slim': 'mirror.example/python:3.12-slim' }],
    },
    on_failure: onFailure,
    routes: {
      type: 'object',
      description: 'URL path → function; a list of long forms where hosts or methods differ for one path.',
      additionalProperties: {
        anyOf: [name('The function that answers.'), route, { type: 'array', items: route, minItems: 1 }],
      },
      examples: [{ '/sum': 'sum' }],
    },
    functions: {
      type: 'object',
      description: 'Functions by name. One that a route names and that has a folder needs no entry.',
      propertyNames: name("The function's name."),
      additionalProperties: functionEntry,
      examples: [{ sum: { env: { LEVEL: 'info' } } }],
    },
  },
} as const;
