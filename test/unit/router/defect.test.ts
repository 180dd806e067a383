import type { AddressInfo } from 'node:net';

import { expect, onTestFinished, test } from 'vitest';

import { Connections } from '../../../src/router/builtin/proxy/connections.ts';
import type { ProxyCore } from '../../../src/router/builtin/proxy/core.ts';
import { Instances } from '../../../src/router/builtin/proxy/instances.ts';
import { limitsOf } from '../../../src/router/builtin/proxy/limits.ts';
import { createProxyServer } from '../../../src/router/builtin/proxy/server.ts';
import { Passwords } from '../../../src/router/builtin/protect/passwords.ts';
import { compileRoutes } from '../../../src/router/table.ts';

test('a defect met in one request is a 500 of that request alone', async () => {
  const defects: unknown[] = [];
  let broken = true;
  const core: ProxyCore = {
    get matcher() {
      if (broken) throw new TypeError('a defect');
      return compileRoutes<never>([]);
    },
    trust: undefined,
    closing: false,
    limits: limitsOf({}),
    access: undefined,
    logsByDefault: false,
    passwords: new Passwords(),
    instances: new Instances(),
    onDefect: (error) => defects.push(error),
  };
  const server = createProxyServer(core, new Connections());
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/a`;
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
