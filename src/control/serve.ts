import type { Listener, ProjectLocation, ServeOptions, Serving } from './api.ts';

/**
 * Runs the control plane in this process until it is told to stop. Resolves once the control socket answers and
 * the first apply (with `watch`, or when nothing was applied yet) or take-over is done. Rejects with
 * `daemon-running`, naming the other's pid and user.
 */
export function serve(location: ProjectLocation, options: ServeOptions, listener: Listener): Promise<Serving> {
  throw new Error(`not there yet: ${location.file} ${options.mode} ${String(listener)}`);
}
