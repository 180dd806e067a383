import { fileURLToPath } from 'node:url';

/** Absolute path of the templates that came with faaso: the same from `src` and from `dist`. */
export const TEMPLATES = fileURLToPath(new URL('../../templates', import.meta.url));
