/**
 * Each `*.golden` file is one project: `functions.yml`, and where some are not ready `-- unready --`, after lines
 * `-- name --`; then, after a line of dashes, what Caddy is given: its configuration, and the files that say where each
 * function is; then what `faaso export caddy` prints. `UPDATE_GOLDEN=1` writes what it is given now into the files; the diff is for reading.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { format } from 'prettier';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';

import { exportCaddy } from '../../../src/router/caddy/export.ts';
import type { CaddyExport } from '../../../src/router/caddy/export.ts';
import { externalPlace } from '../../../src/router/caddy/external.ts';
import type { Json } from '../../../src/router/caddy/json.ts';
import type { CaddyRouterOptions } from '../../../src/router/caddy/options.ts';
import { supervisedPlace } from '../../../src/router/caddy/supervised.ts';
import { Upstreams } from '../../../src/router/caddy/upstreams.ts';
import { CADDY_LACKS, caddyFormats, caddyTakes } from '../../support/caddy.ts';
import { servedOf } from '../../support/caddy-project.ts';
import type { Unready } from '../../support/caddy-project.ts';

const SEPARATOR = '\n----------\n';
const WIDTH = 110;
const here = fileURLToPath(new URL('.', import.meta.url));
const bootstrap = fileURLToPath(new URL('../../../caddy/bootstrap.json', import.meta.url));
const cases = readdirSync(here).filter((name) => name.endsWith('.golden'));

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 't-caddy-golden-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('Caddy is given', () => {
  test.each(cases)('%s', async (name) => {
    const text = readFileSync(`${here}${name}`, 'utf8');
    const [input = ''] = text.split(SEPARATOR, 1);
    const { config, files, exported } = await given(input, join(folder, name));
    const json = await format(JSON.stringify(config), { parser: 'json', printWidth: WIDTH });
    const said = `${input}${SEPARATOR}${json.replaceAll(join(folder, name), '<run>')}${files}-- Caddyfile --\n${exported.caddyfile}`;
    if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(`${here}${name}`, said);
    expect(said).toBe(readFileSync(`${here}${name}`, 'utf8'));
  });
});

describe.skipIf(CADDY_LACKS !== '')(`Caddy itself takes${CADDY_LACKS}`, () => {
  test.each(cases)('%s', async (name) => {
    const [input = ''] = readFileSync(`${here}${name}`, 'utf8').split(SEPARATOR, 1);
    const { config, isWhole, exported } = await given(input, join(folder, `taken-${name}`));
    const whole = isWhole ? config : { apps: { http: { servers: { faaso: config } } } };
    await expect(caddyTakes(JSON.stringify(whole), 'json')).resolves.toBeUndefined();
    await expect(caddyTakes(JSON.stringify(exported.config), 'json')).resolves.toBeUndefined();
    await expect(caddyTakes(exported.caddyfile, 'caddyfile')).resolves.toBeUndefined();
    await expect(caddyFormats(exported.caddyfile)).resolves.toBe(exported.caddyfile);
  });
});

interface Given {
  readonly config: Json;
  /** Whether it is all that Caddy is told, not one server of a Caddy of the user's. */
  readonly isWhole: boolean;
  /** The files that say where each function is. */
  readonly files: string;
  readonly exported: CaddyExport;
}

async function given(input: string, run: string): Promise<Given> {
  const sections = Object.fromEntries(
    [...`${input}\n`.matchAll(/^-- (.+) --\n([^]*?)(?=^-- .+ --\n|(?![^]))/gm)].map(([, title, text]) => [
      title,
      text,
    ]),
  ) as Readonly<Record<string, string | undefined>>;
  const unready = (parse(sections['unready'] ?? '{}') ?? {}) as Unready;
  const served = await servedOf(sections['functions.yml'] ?? '', unready);
  const options = optionsIn(run);
  const { admin } = served.settings;
  const place = admin === undefined ? supervisedPlace(options) : externalPlace(admin, options);
  const { path } = place.upstreams;
  await new Upstreams(place.upstreams).write(served.table.entries);
  return {
    config: await place.config(served),
    isWhole: admin === undefined,
    exported: exportCaddy('shop', served),
    files: readdirSync(path)
      .sort()
      .map((name) => `-- upstreams/${name} --\n${readFileSync(join(path, name), 'utf8')}`)
      .join(''),
  };
}

function optionsIn(run: string): CaddyRouterOptions {
  return {
    adminSocket: join(run, 'router.sock'),
    folder: join(run, 'caddy'),
    sharedUpstreams: join(run, 'upstreams'),
    routesFile: join(run, 'routes.json'),
    configFile: join(run, 'caddy.json'),
    programFile: join(run, 'caddy-program'),
    storage: join(run, 'storage'),
    bootstrap,
    logFile: join(run, 'router.log'),
    id: 'faaso-shop',
  };
}
