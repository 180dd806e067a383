/** Loads the function in the current folder and serves it on `$PORT` until SIGTERM. */

import { findForm } from './forms.mjs';
import { loadHandler } from './load.mjs';
import { serve } from './server.mjs';

// Node as PID 1 has no default action for SIGTERM, so an import that takes
// long would otherwise hold up every stop until the engine kills it.
const leave = () => process.exit(0);
process.on('SIGTERM', leave);
process.on('SIGINT', leave);

const { file, exports } = await loadHandler(process.cwd());
const form = findForm(file, exports);
const port = Number(process.env.PORT ?? 3000);

const drain = await serve(form.server, port);
for (const signal of ['SIGTERM', 'SIGINT']) process.off(signal, leave).on(signal, drain);
process.stderr.write(`faaso: serving ${form.name} from ${file} on port ${port}\n`);
