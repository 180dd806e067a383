import { connect } from 'node:tls';

import { describe, expect, test } from 'vitest';

import type { Explanation } from '../../src/core/explanation.ts';
import { CADDY_LACKS } from '../support/caddy.ts';
import { freePort } from '../support/ports.ts';
import { testProject } from '../support/project.ts';
import { until } from '../support/until.ts';

/** Whether Caddy has a certificate for that name. */
async function hasTls(port: number, servername: string): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, servername, rejectUnauthorized: false });
    socket.once('secureConnect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('close', () => resolve(false)).once('secureConnect', () => socket.destroy());
  });
}

describe.skipIf(CADDY_LACKS !== '')(`a project with HTTPS${CADDY_LACKS}`, () => {
  test('is explained and shown as it answers', { timeout: 120_000 }, async () => {
    const [plain, secure] = [await freePort(), await freePort()];
    const project = testProject({
      router: {
        kind: 'caddy',
        listen: `127.0.0.1:${plain}`,
        https: { issuer: 'internal', listen: `127.0.0.1:${secure}` },
      },
      routes: { '/hello': { function: 'f', host: 'a.test' }, '/open': 'f' },
    });
    project.node('f', 'export default () => "f";\n');
    const explain = async (url: string): Promise<Explanation> =>
      JSON.parse((await project.faaso('explain', '--json', url)).stdout) as Explanation;

    const { answer } = await project.deploy();
    expect(answer?.routes.map(({ url }) => url)).toEqual([
      `http://127.0.0.1:${plain}/open`,
      `https://a.test:${secure}/hello`,
    ]);
    expect((await project.faaso('status')).stdout).toContain(`, https://127.0.0.1:${secure} (caddy)`);

    await until('it has its certificate', () => hasTls(secure, 'a.test'));
    expect(await explain(`https://a.test:${secure}/hello`)).toMatchObject({
      answer: null,
      function: { name: 'f' },
      upstream: { headers: { 'X-Forwarded-Proto': 'https' } },
      notes: [],
    });
    expect(await hasTls(secure, 'b.test')).toBe(false);
    expect((await explain(`https://b.test:${secure}/hello`)).answer).toMatchObject({
      status: null,
      code: 'no-certificate',
    });
    expect(await project.call('/nothing', { headers: { host: 'a.test' } })).toMatchObject({ status: 308 });
    expect((await explain(`http://a.test:${plain}/nothing`)).answer).toMatchObject({
      status: 308,
      why: expect.stringContaining(`https://a.test:${secure}/nothing`),
    });
    expect(await project.call('/open')).toMatchObject({ status: 200 });
    expect(await explain(`http://127.0.0.1:${plain}/open`)).toMatchObject({ answer: null, notes: [] });
  });
});
