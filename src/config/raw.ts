/** What the files may say, before defaults. Only `config/` sees these types; they come from the schemas. */
import type { FromSchema } from 'json-schema-to-ts';

import type { functionsSchema } from './functions-schema.ts';
import type { metadataSchema } from './metadata-schema.ts';
import type { runtimeSchema } from './runtime-schema.ts';

type Options = { keepDefaultedPropertiesOptional: true };

export type RawProject = FromSchema<typeof functionsSchema, Options>;
type RawMetadata = FromSchema<typeof metadataSchema, Options>;
export type RawRuntime = FromSchema<typeof runtimeSchema, Options>;

type Value<Mapping> = Mapping extends Readonly<Record<string, infer Item>> ? Item : never;

export type RawFunction = NonNullable<Value<NonNullable<RawProject['functions']>>>;
type RawRouteValue = Value<NonNullable<RawProject['routes']>>;
export type RawRoute = Exclude<RawRouteValue, string | readonly unknown[]>;
export type RawRouter = NonNullable<RawProject['router']>;
export type RawHook = NonNullable<RawProject['on_failure']>;
export type RawHealth = NonNullable<RawMetadata['health']>;
export type RawLimits = NonNullable<RawFunction['limits']>;
export type RawTest = NonNullable<RawMetadata['test']>[number];
export type RawFile = NonNullable<RawMetadata['files']>[number];
export type RawOption = Value<NonNullable<RawRuntime['options']>>;

export interface RawByName {
  readonly functions: RawProject;
  readonly metadata: RawMetadata;
  readonly runtime: RawRuntime;
}
