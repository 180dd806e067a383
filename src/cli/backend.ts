import type { Backend } from './verb.ts';

/** The real rest of faaso. Loaded in parts, because `faaso help` needs none of it. */
export const backend: Backend = {
  async locate(asked, env) {
    const { locate } = await import('../control/project.ts');
    return locate(asked, env);
  },
  async createClient(location) {
    const { createClient } = await import('../control/client.ts');
    return createClient(location);
  },
  async serve(location, options, listener) {
    const { serve } = await import('../control/serve.ts');
    return serve(location, options, listener);
  },
  async doctor(location, env) {
    const { doctor } = await import('../control/doctor/doctor.ts');
    return doctor({ env, ...(location === undefined ? {} : { location }) });
  },
  async begin() {
    return (await import('../control/begin/begin.ts')).begin;
  },
  async schema(name) {
    const { fileSchema } = await import('../control/project.ts');
    return fileSchema(name);
  },
};
