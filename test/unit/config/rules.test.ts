import { expect, test } from 'vitest';

import { parseYaml } from '../../../src/config/document.ts';
import { Problems } from '../../../src/config/problems.ts';
import { rules } from '../../../src/config/rules.ts';
import { Scope } from '../../../src/config/scope.ts';
import { sourceText } from '../../../src/config/source.ts';
import type { PortRange, Project } from '../../../src/core/specs.ts';

const project: Project = {
  name: 'demo',
  root: '/demo',
  ports: { first: 40_000, last: 40_999 },
  router: { kind: 'builtin', host: '127.0.0.1', port: 8080, trustedProxies: [] },
  build: { caBundle: 'none', proxy: 'none', args: {}, bases: {} },
  routes: [],
  functions: [],
};

function warnings(ephemeral: PortRange | undefined): readonly string[] {
  const problems = new Problems();
  const document = parseYaml(sourceText('functions.yml', 'ports: 40000-40999'), problems);
  if (document === undefined) throw new Error('this is valid YAML');
  const scope = new Scope(document, problems);
  for (const rule of rules) rule({ project, routes: [], scope, functionCount: 0, ephemeral });
  return problems.list('functions.yml').map(({ severity, message }) => `${severity}: ${message}`);
}

test("ports that overlap the kernel's own range are warned of", () => {
  expect(warnings({ first: 32_768, last: 60_999 })).toEqual([
    'warning: ports 40000-40999 overlap those of outgoing connections, 32768-60999: now and then one will be taken',
  ]);
});

test.each([{ first: 1024, last: 39_999 }, { first: 41_000, last: 60_999 }, undefined])(
  'ports beside %o are not',
  (range) => {
    expect(warnings(range)).toEqual([]);
  },
);
