import { DEFAULTS } from './defaults.ts';
import { env, health, image, name, networkName, secretName, size, text } from './schema-parts.ts';

const limits = {
  type: 'object',
  title: 'Limits',
  description: 'What an instance may use.',
  additionalProperties: false,
  examples: [{ cpus: 0.5, memory: '512m' }],
  properties: {
    cpus: {
      type: 'number',
      minimum: 0.01,
      maximum: 1024,
      default: DEFAULTS.limits.cpus,
      description: 'CPUs, in parts of one.',
    },
    memory: size(DEFAULTS.limits.memory, 'Memory; no swap beyond it.'),
    pids: {
      type: 'integer',
      minimum: 4,
      maximum: 4_194_304,
      default: DEFAULTS.limits.pids,
      description: 'Processes and threads.',
    },
    tmp: size(DEFAULTS.limits.tmp, 'Size of /tmp, which is memory.'),
  },
} as const;

/** An entry of functions: what a function's container is started with. */
export const functionEntry = {
  type: ['object', 'null'],
  title: 'Function',
  description: 'Only what differs from the defaults.',
  additionalProperties: false,
  properties: {
    source: text("The function's folder, inside the project. Default: the folder of its name in functions/."),
    image: image('A prebuilt image instead of a folder.'),
    port: {
      type: 'integer',
      minimum: 1,
      maximum: 65_535,
      default: DEFAULTS.port,
      description: 'The port that the image listens on. A function from a folder gets it as PORT.',
    },
    writable: {
      type: 'array',
      items: { type: 'string' },
      uniqueItems: true,
      description: 'Further folders that the function may write to; they are memory and empty at each start.',
      examples: [['/var/cache/nginx']],
    },
    health: { ...health, description: `${health.description} Overrides the same keys of metadata.yml.` },
    env,
    env_file: {
      anyOf: [
        { type: 'string' },
        { type: 'array', items: { type: 'string' }, minItems: 1, uniqueItems: true },
      ],
      description:
        "Files of lines NAME=value, from the project's folder on. They are read before env, which wins; of several files the later wins. ${VAR} is not replaced in them. They never enter an image.",
      examples: ['sum.env', ['common.env', 'sum.env']],
    },
    secrets: {
      type: 'array',
      items: secretName,
      uniqueItems: true,
      description:
        'Secrets that the function may read, each a read-only file under /run/secrets. Set them with faaso secret set; they are in no image and in no docker inspect.',
      examples: [['API_KEY']],
    },
    limits,
    isolation: {
      enum: ['runc', 'gvisor'],
      default: DEFAULTS.isolation,
      description:
        'What separates the function from the host: runc shares its kernel, gvisor puts one of its own between. gvisor must be installed in the engine.',
    },
    networks: {
      type: 'array',
      items: networkName,
      uniqueItems: true,
      description:
        "Docker networks to join besides the project's own, as that of a database. They must exist.",
      examples: [['backend']],
    },
    volumes: {
      type: 'object',
      description:
        'Named volumes and the folders that they are at. What is in them is kept when the function is replaced; functions that name the same volume share it.',
      propertyNames: name("The volume's name."),
      additionalProperties: { type: 'string' },
      examples: [{ cache: '/data' }],
    },
  },
} as const;
