import { checkCaddy } from '../../src/router/caddy/binary.ts';

/** Why tests of `router.kind: caddy` cannot run here: for the name of a skipped suite; empty when they can. */
export const CADDY_LACKS: string = await checkCaddy('caddy').then(
  () => '',
  (error: Error) => ` skipped: ${error.message}`,
);
