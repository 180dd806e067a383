import { image, name, optionNames, optionValue, text } from './schema-parts.ts';

const candidates = {
  type: 'array',
  items: image('A base image.'),
  minItems: 1,
  description: 'The first that the engine has is taken, else the first is pulled.',
} as const;

/** JSON Schema of a template's runtime.yml. */
export const runtimeSchema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'runtime.yml',
  description: 'What a folder of templates/ offers.',
  type: 'object',
  additionalProperties: false,
  required: ['name', 'bases'],
  properties: {
    name: name("The template folder's name."),
    description: text('One line on what a user writes.'),
    bases: {
      type: 'object',
      description: 'Base images of the build stage and of the final image.',
      additionalProperties: false,
      required: ['build', 'run'],
      properties: { build: candidates, run: candidates },
    },
    required: {
      type: 'array',
      description: "Groups of files; of each at least one must be in the function's folder.",
      items: { type: 'array', items: { type: 'string', minLength: 1 }, minItems: 1 },
      examples: [[['handler.py', 'app.py']]],
    },
    options: {
      type: 'object',
      description: 'What metadata.yml may set under options; each reaches the build as an argument.',
      propertyNames: optionNames,
      additionalProperties: {
        type: 'object',
        additionalProperties: false,
        required: ['type', 'default'],
        properties: {
          type: { enum: ['string', 'integer', 'boolean'], description: 'What the value is.' },
          default: { ...optionValue, description: 'The value where metadata.yml sets none.' },
          pattern: {
            type: 'string',
            maxLength: 200,
            description: 'Regular expression for the whole value of a string.',
          },
          minimum: { type: 'integer', description: 'Smallest value of an integer.' },
          maximum: { type: 'integer', description: 'Largest value of an integer.' },
          description: text('What it does, as a phrase.'),
        },
      },
    },
  },
} as const;
