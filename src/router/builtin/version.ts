import { createRequire } from 'node:module';

/** Read when this module is loaded: an upgrade puts another file in its place while a data plane runs. */
const { version } = createRequire(import.meta.url)('../../../package.json') as { readonly version: string };

/** The version of faaso that this data plane, or whoever looks for one, comes from. */
export const VERSION = version;
