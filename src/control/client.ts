import type { Client, ProjectLocation } from './api.ts';

/** Speaks to the project's daemon where one runs; does in this process what needs none. Cheap: loads lazily. */
export function createClient(location: ProjectLocation): Client {
  throw new Error(`not there yet: ${location.file}`);
}
