import { createHash } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { hashPassword } from '../../../src/core/passwords.ts';
import type { RouteAuth } from '../../../src/core/specs.ts';
import { echo, headerValues, startFunction } from '../../support/upstream.ts';
import type { Seen } from '../../support/upstream.ts';
import { bodyOf, header, statuses, Wire } from '../../support/wire.ts';
import { route, GUARDING_KINDS, startBench } from './bench.ts';
import type { Bench } from './bench.ts';

const KEY = 'faaso_0123456789abcdefghijklmnopqrstuvwxyz';

const basic = (user: string, password: string): string =>
  `Authorization: Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

let auth: RouteAuth;
beforeAll(async () => {
  auth = {
    keys: { ci: createHash('sha256').update(KEY).digest('hex') },
    basic: { ada: await hashPassword('pässword:1') },
  };
});

describe.each(GUARDING_KINDS)('authentication in the %s router', (kind) => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await startBench(kind);
  });
  afterAll(() => bench.close());

  const asked = async (...headers: readonly string[]): Promise<string> => {
    const lines = headers.map((line) => `${line}\r\n`).join('');
    const wire = Wire.open(bench.port).send(
      `GET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${lines}\r\n`,
    );
    return (await wire.untilEnd(30_000)).received;
  };
  const seen = async (...headers: readonly string[]): Promise<readonly string[]> => {
    const received = await asked(...headers, 'X-Faaso-Client: forged', 'x_faaso_client: forged');
    expect(statuses(received)).toEqual([200]);
    const text = bodyOf(received);
    return (JSON.parse(text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1)) as Seen).headers;
  };
  const serve = async (): Promise<void> => {
    const { port } = await startFunction(echo);
    await bench.serve(route('/a', port, { auth }), route('/open', port));
  };

  test('there is no way round it by another way to write the path', async () => {
    const { port } = await startFunction(echo);
    await bench.serve(route('/', port), route('/admin', port, { auth }));
    const status = async (path: string): Promise<number | undefined> => {
      const head = `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`;
      return statuses((await Wire.open(bench.port).send(head).untilEnd()).received)[0];
    };
    for (const path of ['/admin', '/admin/', '/admin/users?x', '/admin/%61'])
      expect([path, await status(path)]).toEqual([path, 401]);
    for (const path of [
      '/%61dmin',
      '//admin',
      '/ADMIN/users',
      '/admin%2fusers',
      '/admin;x/users',
      '/%2Fadmin',
      '/x/%5c..%5cadmin',
    ])
      expect([path, await status(path)]).toEqual([path, 400]);
    for (const path of ['/', '/administrators', '/Other', '/a%20b', '//x', '/x;admin'])
      expect([path, await status(path)]).toEqual([path, 200]);
  });

  test('a key is taken as bearer and as X-API-Key; the function gets the name instead', async () => {
    await serve();
    for (const [given, stripped, kept] of [
      [[`Authorization: Bearer ${KEY}`], 'authorization', []],
      [[`authorization: bearer ${KEY}`], 'authorization', []],
      [[`X-API-Key: ${KEY}`, 'Authorization: Bearer own'], 'x-api-key', ['Bearer own']],
      [[`Authorization: Bearer ${KEY}`, 'X-API-Key: own'], 'authorization', ['own']],
    ] as const) {
      const headers = await seen(...given);
      expect(headerValues(headers, stripped)).toEqual([]);
      expect(headerValues(headers, 'x-faaso-client')).toEqual(['ci']);
      expect(headers.join('\n')).not.toContain(KEY);
      expect(headers.join('\n')).not.toContain('forged');
      const other = stripped === 'x-api-key' ? 'authorization' : 'x-api-key';
      expect(headerValues(headers, other)).toEqual(kept);
    }
  });

  test('a password is verified, however it is typed', async () => {
    await serve();
    const headers = await seen(basic('ada', 'pässword:1'));
    expect(headerValues(headers, 'x-faaso-client')).toEqual(['ada']);
    expect(headerValues(headers, 'authorization')).toEqual([]);
    // The same letters, written as letter and accent.
    await seen(basic('ada', 'pässword:1'.normalize('NFD')));
  });

  test.each([
    ['nothing', []],
    ['another key', ['X-API-Key: faaso_9123456789abcdefghijklmnopqrstuvwxyz']],
    ['the hash of the key', [`X-API-Key: ${createHash('sha256').update(KEY).digest('hex')}`]],
    ['a key that is cut', [`Authorization: Bearer ${KEY.slice(0, -1)}`]],
    ['a key in a scheme that is unknown', [`Authorization: Token ${KEY}`]],
    ['a key as the password', [basic('ci', KEY)]],
    ['a wrong password', [basic('ada', 'pässword:2')]],
    ['an unknown user', [basic('bob', 'pässword:1')]],
    ['bytes that are no UTF-8', ['Authorization: Basic /////w==']],
    ['a long text', [`Authorization: Basic ${'A'.repeat(20_000)}`]],
  ])('%s is refused, the same way each time', async (_, headers) => {
    await serve();
    const received = await asked(...headers);
    expect(statuses(received)).toEqual([401]);
    expect(
      [...received.matchAll(/^WWW-Authenticate: (\w+) realm="a"/gim)].map(([, scheme]) => scheme),
    ).toEqual(['Basic', 'Bearer']);
    expect(header(received, 'Content-Type')).toBe('application/problem+json');
    const { code, status } = JSON.parse(bodyOf(received)) as Record<string, unknown>;
    expect({ code, status }).toEqual({ code: 'unauthorized', status: 401 });
    expect((await (await fetch(`${bench.url}/open`)).json()) as object).toBeTruthy();
  });

  test('a body is not asked for before the caller is known', async () => {
    await serve();
    const upload = 'POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n';
    const refused = await Wire.open(bench.port).send(`${upload}\r\n`).untilEnd();
    expect(statuses(refused.received)).toEqual([401]);
    const taken = await Wire.open(bench.port)
      .send(`${upload}X-API-Key: ${KEY}\r\n\r\n`)
      .untilText('100 Continue');
    await taken.send('hello').untilText(/"body":"aGVsbG8="/);
    expect(statuses(taken.received)).toEqual([100, 200]);
  });

  test('a WebSocket is refused before it is one', async () => {
    let upgrades = 0;
    const { port } = await startFunction(() => upgrades++);
    await bench.serve(route('/a', port, { auth }));
    const wire = await Wire.open(bench.port)
      .send(
        'GET /a HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
      )
      .untilEnd();
    expect(statuses(wire.received)).toEqual([401]);
    expect(upgrades).toBe(0);
  });

  test('guessing passwords keeps neither keys nor known users nor other routes waiting', async () => {
    await serve();
    await asked(basic('ada', 'pässword:1'));
    const guesses = Array.from({ length: 40 }, (_, i) => asked(basic('ada', `guess ${i}`)));
    const first = await Promise.any(guesses);
    expect(statuses(first)).toEqual([503]);
    expect(header(first, 'Retry-After')).toBe('1');
    let over = 0;
    for (const guess of guesses) void guess.then(() => over++);
    for (const line of [basic('ada', 'pässword:1'), `X-API-Key: ${KEY}`]) {
      expect(statuses(await asked(line))).toEqual([200]);
      expect(over).toBeLessThan(guesses.length);
    }
    const answers = (await Promise.all(guesses)).flatMap(statuses);
    expect(answers.filter((status) => status === 401).length).toBeGreaterThan(0);
    expect(new Set(answers)).toEqual(new Set([401, 503]));
  });

  test('a key that is taken out of the table is refused at once', async () => {
    await serve();
    expect(statuses(await asked(basic('ada', 'pässword:1')))).toEqual([200]);
    const { port } = await startFunction(echo);
    await bench.serve(route('/a', port, { auth: { keys: auth.keys, basic: {} } }));
    expect(statuses(await asked(basic('ada', 'pässword:1')))).toEqual([401]);
    expect(statuses(await asked(`X-API-Key: ${KEY}`))).toEqual([200]);
  });
});
