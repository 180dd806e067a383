import { expect, test } from 'vitest';

import type { ProxyCore } from '../../../src/router/builtin/proxy/core.ts';
import { compileRoutes } from '../../../src/router/table.ts';
import { proxyCore, startProxyServer } from '../../support/proxy-server.ts';

test('a defect met in one request is a 500 of that request alone', async () => {
  const defects: unknown[] = [];
  let broken = true;
  const core: ProxyCore = {
    ...proxyCore(),
    get matcher() {
      if (broken) throw new TypeError('a defect');
      return compileRoutes<never>([]);
    },
    onDefect: (error) => defects.push(error),
  };
  const { port } = await startProxyServer(core);
  const url = `http://127.0.0.1:${port}/a`;
  const answer = await fetch(url);
  expect(answer.status).toBe(500);
  expect(await answer.json()).toMatchObject({
    code: 'internal',
    detail: 'the router failed on this request',
  });
  expect(defects).toEqual([new TypeError('a defect')]);
  broken = false;
  expect((await fetch(url)).status).toBe(404);
});
