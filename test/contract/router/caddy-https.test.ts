import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect } from 'node:http2';
import { request } from 'node:https';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';

import type { RouterSettings } from '../../../src/core/specs.ts';
import { CADDY_LACKS } from '../../support/caddy.ts';
import { buildHttp3Client } from '../../support/http3.ts';
import type { Http3Client } from '../../support/http3.ts';
import { freePort, occupyPort } from '../../support/ports.ts';
import { http } from '../../support/project-http.ts';
import { killHard } from '../../support/project-processes.ts';
import { until } from '../../support/until.ts';
import { startFunction } from '../../support/upstream.ts';
import { caddyOptions, SETTINGS } from './bench-options.ts';
import { route, startBench } from './bench.ts';
import type { Bench } from './bench.ts';

const HOST = 'shop.test';
const run = promisify(execFile);
const canHttp3 = await buildHttp3Client().then(
  (client): Http3Client => client,
  () => undefined,
);
const LACKS_HTTP3 =
  canHttp3 === undefined
    ? ' skipped: there is no Go with the modules of this Caddy to build a client with'
    : '';

describe.skipIf(CADDY_LACKS !== '')(`HTTPS by Caddy with its own authority${CADDY_LACKS}`, () => {
  let bench: Bench;
  let settings: RouterSettings;
  let port: number;

  beforeEach(async () => {
    port = await freePort();
    settings = { ...SETTINGS, https: { host: '127.0.0.1', port, issuer: 'internal' } };
    bench = await startBench('caddy', settings);
    const upstream = await startFunction((incoming, response) =>
      response.end(`${String(incoming.headers['x-forwarded-proto'])} ${String(incoming.headers.host)}`),
    );
    await bench.serve(route('/a', upstream.port, { host: HOST }), route('/open', upstream.port));
  });
  afterEach(() => bench.close());
  afterAll(() => canHttp3?.remove());

  const rootFile = (): string => join(caddyOptions(bench.folder).storage, 'pki/authorities/local/root.crt');
  const root = async (): Promise<Buffer> =>
    await until('the authority is there', () => readFileSync(rootFile()));
  const get = async (host = HOST): Promise<{ text: string; certificate: string }> => {
    const ca = await root();
    return await new Promise((resolve, reject) => {
      request(
        { host: '127.0.0.1', port, path: '/a', servername: host, headers: { host }, ca, agent: false },
        (incoming) => {
          const certificate = 'getPeerCertificate' in incoming.socket ? serial(incoming.socket) : '';
          let text = '';
          incoming.on('data', (chunk: Buffer) => (text += chunk.toString()));
          incoming.on('end', () => resolve({ text, certificate }));
        },
      )
        .on('error', reject)
        .end();
    });
  };
  const whenServed = async (): Promise<{ text: string; certificate: string }> =>
    await until('it has its certificate', () => get());

  test('a host that a route names gets a certificate, which whoever trusts the authority accepts', async () => {
    expect((await whenServed()).text).toBe(`https ${HOST}`);
    await expect(get('other.test')).rejects.toThrow(/alert|handshake|altname/i);
  });

  test('its address in use is told with the key that names it, and what served before serves on', async () => {
    const other = await occupyPort(0);
    const https = { host: '127.0.0.1', port: other.port, issuer: 'internal' } as const;
    await expect(
      bench.router.start({ ...settings, kind: 'caddy', port: bench.port, https }, bench.table()),
    ).rejects.toMatchObject({
      code: 'listen-failed',
      message: expect.stringContaining(`127.0.0.1:${other.port} is in use by`) as unknown,
      hint: 'stop that program, or change `router.https.listen` in functions.yml',
    });
    await other.release();
    expect((await whenServed()).text).toBe(`https ${HOST}`);
  });

  test('HTTP/2 is spoken', async () => {
    await whenServed();
    const session = connect(`https://127.0.0.1:${port}`, { ca: await root(), servername: HOST });
    try {
      const answer = await new Promise<string>((resolve, reject) => {
        session.on('error', reject);
        const stream = session.request({ ':path': '/a', ':authority': HOST });
        let text = '';
        stream.on('response', (headers) => (text += `${String(headers[':status'])} `));
        stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
        stream.on('end', () => resolve(text));
        stream.on('error', reject);
      });
      expect(session.alpnProtocol).toBe('h2');
      expect(answer).toBe(`200 https ${HOST}`);
    } finally {
      session.close();
    }
  });

  test.skipIf(LACKS_HTTP3 !== '')(`HTTP/3 is spoken${LACKS_HTTP3}`, async () => {
    await whenServed();
    expect(await canHttp3?.get(`127.0.0.1:${port}`, HOST, rootFile(), '/a')).toBe(
      `HTTP/3.0 200 https ${HOST}`,
    );
  });

  test('plain HTTP leads such a host to HTTPS, and serves the others as before', async () => {
    const answer = await http(`${bench.url}/a?x=1`, { headers: { host: HOST } });
    expect(answer.status).toBe(308);
    expect(answer.headers.location).toBe(`https://${HOST}:${port}/a?x=1`);
    expect((await http(`${bench.url}/open`)).text).toBe(`http 127.0.0.1:${bench.port}`);
    expect((await http(`${bench.url}/a`)).status).toBe(404);
  });

  test('certificates outlive Caddy, killed, and a stop', async () => {
    const { certificate } = await whenServed();
    const authority = await root();
    killHard(Number(readFileSync(join(caddyOptions(bench.folder).folder, 'pid'), 'utf8').split(' ')[0]));
    expect((await whenServed()).certificate).toBe(certificate);
    const table = bench.table(route('/a', 1, { host: HOST }));
    await bench.router.close('stop');
    await bench.router.start({ ...settings, kind: 'caddy' }, table);
    expect((await whenServed()).certificate).toBe(certificate);
    expect(await root()).toEqual(authority);
  });

  test('curl gets through', async () => {
    await whenServed();
    const { stdout } = await run('curl', [
      '--silent',
      '--http2',
      '--cacert',
      rootFile(),
      '--write-out',
      ' %{http_version}',
      '--resolve',
      `${HOST}:${port}:127.0.0.1`,
      `https://${HOST}:${port}/a`,
    ]);
    expect(stdout).toBe(`https ${HOST}:${port} 2`);
  });
});

function serial(socket: object): string {
  const { getPeerCertificate } = socket as { getPeerCertificate: () => { serialNumber: string } };
  return getPeerCertificate.call(socket).serialNumber;
}
