import { execFile, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { Client } from 'undici';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';

import { startFunction } from '../../support/upstream.ts';
import { route, ROUTER_KINDS, startBench } from './bench.ts';
import type { Bench } from './bench.ts';

const run = promisify(execFile);
const FILE = randomBytes(3_000_000);
const SUM = sum(FILE);
const lacks = (program: string): string =>
  spawnSync(program, ['--version']).error === undefined ? '' : ` skipped: there is no ${program}`;
const lacksRequests =
  spawnSync('python3', ['-c', 'import requests']).status === 0
    ? ''
    : ' skipped: python3 does not know the package';

/** Takes uploads by their checksum, and gives a file, whole or in part. */
function fileServer(req: IncomingMessage, res: ServerResponse): void {
  if (req.method === 'PUT' || req.method === 'POST') {
    const hash = createHash('sha256');
    req.on('data', (data: Buffer) => hash.update(data));
    req.on('end', () => res.end(hash.digest('hex')));
    return;
  }
  const [, from] = /^bytes=(\d+)-$/.exec(req.headers.range ?? '') ?? [];
  const part = FILE.subarray(Number(from ?? 0));
  const range = { 'Content-Range': `bytes ${from ?? 0}-${FILE.length - 1}/${FILE.length}` };
  res.writeHead(from === undefined ? 200 : 206, {
    'Content-Length': part.length,
    ETag: '"1"',
    ...(from === undefined ? {} : range),
  });
  res.end(req.method === 'HEAD' ? undefined : part);
}

describe.each(ROUTER_KINDS)('clients of others through the %s router', (kind) => {
  let bench: Bench;
  let folder = '';
  beforeAll(async () => {
    bench = await startBench(kind);
    folder = mkdtempSync(join(tmpdir(), 't-clients-'));
    writeFileSync(join(folder, 'file'), FILE);
  });
  afterAll(async () => {
    await bench.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const serve = async (): Promise<string> => {
    // A server of its own for each test: it ends with it.
    const { port } = await startFunction(fileServer);
    await bench.serve(route('/file', port));
    return `${bench.url}/file`;
  };
  const curl = async (...args: string[]): Promise<string> =>
    (await run('curl', ['-sS', '--fail', ...args], { cwd: folder, maxBuffer: 10e6 })).stdout;

  test.skipIf(lacks('curl') !== '')(`curl sends and resumes a file${lacks('curl')}`, async () => {
    const url = await serve();
    expect(await curl('-T', 'file', url)).toBe(SUM);
    expect(await curl('-H', 'Expect: 100-continue', '--data-binary', '@file', url)).toBe(SUM);
    expect(await curl('-H', 'Transfer-Encoding: chunked', '--data-binary', '@file', url)).toBe(SUM);
    expect(await curl('-0', '--data-binary', '@file', url)).toBe(SUM);
    expect(await curl('-I', url)).toMatch(/^content-length: 3000000\r$/im);
    writeFileSync(join(folder, 'part'), FILE.subarray(0, 1_000_000));
    await curl('-C', '-', '-o', 'part', url);
    expect((await run('sha256sum', ['part'], { cwd: folder })).stdout.slice(0, 64)).toBe(SUM);
    // Two over one connection.
    const twice = await curl('-o', '/dev/null', '-o', '/dev/null', '-w', '%{num_connects} ', url, url);
    expect(twice).toBe('1 0 ');
  });

  test.skipIf(lacks('python3') !== '')(
    `Python's http.client keeps its connection${lacks('python3')}`,
    async () => {
      const { host } = new URL(await serve());
      const program = `
import hashlib, http.client
connection = http.client.HTTPConnection("${host}")
def ask(method, **more):
    connection.request(method, "/file", **more)
    response = connection.getresponse()
    return response, response.read()
print(hashlib.sha256(ask("GET")[1]).hexdigest())
file = open("file", "rb").read()
print(ask("PUT", body=file)[1].decode())
print(ask("PUT", body=iter([file[:10], file[10:]]), encode_chunked=True, headers={"Transfer-Encoding": "chunked"})[1].decode())
head, body = ask("HEAD")
print(head.status, head.getheader("Content-Length"), len(body))
part, body = ask("GET", headers={"Range": "bytes=2999999-"})
print(part.status, part.getheader("Content-Range"), len(body))
`;
      const { stdout } = await run('python3', ['-c', program], { cwd: folder });
      expect(stdout.trim().split('\n')).toEqual([
        SUM,
        SUM,
        SUM,
        '200 3000000 0',
        '206 bytes 2999999-2999999/3000000 1',
      ]);
    },
  );

  test.skipIf(lacksRequests !== '')(
    `Python's requests streams both ways over one connection${lacksRequests}`,
    async () => {
      const url = await serve();
      const program = `
import hashlib, requests
url = "${url}"
session = requests.Session()
session.trust_env = False
file = open("file", "rb").read()
print(hashlib.sha256(session.get(url).content).hexdigest())
print(session.put(url, data=open("file", "rb")).text)
print(session.post(url, data=iter([file[:10], file[10:]])).text)
print(session.post(url, files={"file": ("file", file)}).status_code)
head = session.head(url)
print(head.status_code, head.headers["Content-Length"], len(head.content))
part = session.get(url, headers={"Range": "bytes=2999999-"})
print(part.status_code, part.headers["Content-Range"], len(part.content))
with session.get(url, stream=True) as response:
    print(sum(len(piece) for piece in response.iter_content(65536)))
pools = session.get_adapter(url).poolmanager.pools
print([pools.get(key).num_connections for key in pools.keys()])
`;
      const { stdout } = await run('python3', ['-c', program], { cwd: folder });
      expect(stdout.trim().split('\n')).toEqual([
        SUM,
        SUM,
        SUM,
        '200',
        '200 3000000 0',
        '206 bytes 2999999-2999999/3000000 1',
        '3000000',
        '[1]',
      ]);
    },
  );

  test('undici pipelines over one connection, and what it aborts ends at the function', async () => {
    let left = 0;
    const { port } = await startFunction((req, res) => {
      if (req.url !== '/endless') return void res.end(req.url);
      res.on('close', () => (left += 1));
      res.write('begun');
    });
    await bench.serve(route('/', port));
    const client = new Client(bench.url, { pipelining: 8 });
    onTestFinished(() => client.destroy());
    let connections = 0;
    client.on('connect', () => (connections += 1));
    const paths = Array.from({ length: 100 }, (_, index) => `/${index}`);
    const answers = await Promise.all(
      paths.map(async (path) => await (await client.request({ method: 'GET', path })).body.text()),
    );
    expect([answers, connections]).toEqual([paths, 1]);
    const { body } = await client.request({ method: 'GET', path: '/endless' });
    body.once('data', () => body.destroy());
    await expect(body.text()).rejects.toThrow(/abort|terminated|premature/i);
    await expect.poll(() => left).toBe(1);
  });

  test('fetch streams both ways', async () => {
    const url = await serve();
    const pieces = new ReadableStream({
      start(controller) {
        for (let at = 0; at < FILE.length; at += 500_000) controller.enqueue(FILE.subarray(at, at + 500_000));
        controller.close();
      },
    });
    const sent = await fetch(url, { method: 'POST', body: pieces, duplex: 'half' } as RequestInit);
    expect(await sent.text()).toBe(SUM);
    const got = await fetch(url);
    expect([sum(new Uint8Array(await got.arrayBuffer())), got.headers.get('etag')]).toEqual([SUM, '"1"']);
  });
});

function sum(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
