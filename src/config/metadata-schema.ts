import { DEFAULTS } from './defaults.ts';
import {
  duration,
  headers,
  health,
  method,
  name,
  optionNames,
  optionValue,
  packages,
  text,
  urlPath,
} from './schema-parts.ts';

const testCase = {
  type: 'object',
  title: 'Test',
  additionalProperties: false,
  required: ['name', 'expect'],
  properties: {
    name: {
      type: 'string',
      minLength: 1,
      maxLength: 200,
      description: 'What the function does, as a sentence.',
    },
    request: {
      type: 'object',
      description: 'What is sent.',
      additionalProperties: false,
      properties: {
        method: { ...method, description: 'Default: POST with a body, else GET.' },
        path: { ...urlPath('Path and query.'), default: DEFAULTS.test.path },
        headers: { ...headers, description: 'Headers of the request.' },
        json: { description: 'Body, sent as JSON.' },
        body: text('Body, sent as it is.'),
      },
    },
    expect: {
      type: 'object',
      description: 'What must come back.',
      additionalProperties: false,
      properties: {
        status: {
          type: 'integer',
          minimum: 200,
          maximum: 599,
          default: DEFAULTS.test.status,
          description: 'The status.',
        },
        headers: { ...headers, description: 'Each one named must be equal.' },
        json: { description: 'The whole body as JSON.' },
        body: text('The whole body as text.'),
      },
    },
    timeout: duration(DEFAULTS.test.timeout, 'For the whole answer.'),
  },
} as const;

/** JSON Schema of a function's metadata.yml. */
export const metadataSchema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'metadata.yml',
  description: 'What a function is, wherever it runs.',
  type: 'object',
  additionalProperties: false,
  required: ['runtime'],
  properties: {
    runtime: { ...name('A folder of templates/.'), examples: ['python', 'node'] },
    description: text('One line on what the function does.'),
    packages: {
      type: 'object',
      description: 'Extra OS packages of the build stage and of the final image.',
      examples: [{ build: ['gcc'], run: ['curl'] }],
      additionalProperties: false,
      properties: {
        build: { ...packages, description: 'For building; not in the final image.', examples: [['gcc']] },
        run: { ...packages, description: 'In the final image.', examples: [['curl']] },
      },
    },
    files: {
      type: 'array',
      description:
        'Further files of the image: paths or globs in the folder, or from elsewhere in the project.',
      items: {
        anyOf: [
          text("A path or glob in the function's folder."),
          {
            type: 'object',
            additionalProperties: false,
            required: ['from', 'to'],
            properties: {
              from: text(
                "A path or glob, from the function's folder; it may lead to elsewhere in the project.",
              ),
              to: text("Where it goes, from the function's folder; for a glob, a folder."),
            },
          },
        ],
      },
      examples: [['data/*.csv', { from: '../shared/units.json', to: 'units.json' }]],
    },
    options: {
      type: 'object',
      description: 'Options that the runtime declares.',
      propertyNames: optionNames,
      additionalProperties: optionValue,
    },
    health,
    test: { type: 'array', description: 'Run against each new instance before it serves.', items: testCase },
  },
} as const;
