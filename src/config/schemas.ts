import { functionsSchema } from './functions-schema.ts';
import { metadataSchema } from './metadata-schema.ts';
import { runtimeSchema } from './runtime-schema.ts';

/** The published JSON Schemas (draft 7) of the three files; `faaso schema` prints them. */
export const schemas = {
  functions: functionsSchema,
  metadata: metadataSchema,
  runtime: runtimeSchema,
} as const;

export type SchemaName = keyof typeof schemas;
