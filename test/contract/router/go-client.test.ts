import { execFile, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { startFunction } from '../../support/upstream.ts';
import { route, ROUTER_KINDS, startBench } from './bench.ts';
import type { Bench } from './bench.ts';

const run = promisify(execFile);
const SOURCE = fileURLToPath(new URL('fixtures/go-client/main.go', import.meta.url));
/** Nothing is fetched: the standard library is all that it needs. */
const OFFLINE = { ...process.env, GOTOOLCHAIN: 'local', GOPROXY: 'off', GOFLAGS: '', CGO_ENABLED: '0' };
const FILE = randomBytes(3_000_000);
const SUM = createHash('sha256').update(FILE).digest('hex');
const PACKED = gzipSync('unpacked'.repeat(1000));
const BUILD_MS = 120_000;
const lacks =
  spawnSync('go', ['version']).error === undefined ? '' : ', skipped: there is no go to compile it';

describe.skipIf(lacks !== '')(`Go's net/http${lacks}`, () => {
  let folder = '';
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 't-go-client-'));
    writeFileSync(join(folder, 'file'), FILE);
    await run('go', ['build', '-o', join(folder, 'client'), SOURCE], { cwd: folder, env: OFFLINE });
  }, BUILD_MS);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  describe.each(ROUTER_KINDS)('through the %s router', (kind) => {
    let bench: Bench;
    beforeAll(async () => {
      bench = await startBench(kind);
    });
    afterAll(() => bench.close());

    test('keeps its connection, waits for 100, sends trailers, gets gzip as it is, and leaves', async () => {
      let left = 0;
      const { port } = await startFunction((req, res) => answer(req, res, () => (left += 1)));
      await bench.serve(route('/', port));
      const { stdout } = await run(join(folder, 'client'), [bench.url, join(folder, 'file')]);
      expect(stdout.trim().split('\n')).toEqual([
        'kept-alive: 199 reused, 0 wrong',
        `continued: true ${SUM}`,
        `trailers: same ${SUM}`,
        `packed: asked nothing, unpacked false, encoding "gzip", ${PACKED.length} bytes`,
        'packed: asked gzip, unpacked true, encoding "", 8000 bytes',
        'aborted: begun, hints 1, context canceled',
      ]);
      await expect.poll(() => left).toBe(1);
    });
  });
});

function answer(req: IncomingMessage, res: ServerResponse, onLeft: () => void): void {
  switch (req.url ?? '') {
    case '/small':
      res.end('small');
      break;
    case '/sum':
      giveSum(req, res);
      break;
    case '/packed':
      res.setHeader('X-Asked', req.headers['accept-encoding'] ?? 'nothing');
      res.setHeader('Content-Encoding', 'gzip');
      res.end(PACKED);
      break;
    default:
      res.on('close', onLeft);
      res.writeEarlyHints({ link: '</a.css>; rel=preload' });
      res.write('begun');
  }
}

/** Says in a trailer whether the client's trailer holds the sum of its body. */
function giveSum(req: IncomingMessage, res: ServerResponse): void {
  const hash = createHash('sha256');
  req.on('data', (data: Buffer) => hash.update(data));
  req.on('end', () => {
    const sum = hash.digest('hex');
    res.setHeader('Trailer', 'X-Got');
    res.write(sum);
    res.addTrailers({ 'X-Got': req.trailers['x-sum'] === sum ? 'same' : 'other' });
    res.end();
  });
}
