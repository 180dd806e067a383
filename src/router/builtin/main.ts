/** The data plane's process. Its only argument is {@link ProcessOptions} as JSON. */
import { runDataPlane } from './process/run.ts';
import { PROTOCOL } from './protocol.ts';
import type { ProcessOptions } from './protocol.ts';
import { VERSION } from './version.ts';

await runDataPlane(JSON.parse(process.argv[2] ?? '{}') as ProcessOptions, {
  protocol: PROTOCOL,
  version: VERSION,
});
