/**
 * What a program gets from `import … from 'faaso'`: the same client that the command line works through. The only
 * file that re-exports; everything else is faaso's own and may change in any version.
 */
export type * from './control/api.ts';
export { createClient } from './control/client.ts';
export { locate } from './control/project.ts';
export type { Asked } from './control/project.ts';
export { serve } from './control/serve.ts';
export type { Diagnostic } from './core/diagnostics.ts';
export { ERRORS, FaasoError } from './core/errors.ts';
export type { ErrorCode, ErrorKind } from './core/errors.ts';
export type { FaasoEvent } from './core/events.ts';
export type { FunctionName } from './core/names.ts';
export type { FunctionStatus, ProjectStatus } from './core/state.ts';
export type { Plan } from './core/steps.ts';
export type { EngineInfo } from './engine/engine.ts';
