import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

import type { Layers } from './support/layers.ts';
import { layerProblems, readSources } from './support/layers.ts';

/** The architecture. What is not named here may not be imported, types included. */
const LAYERS: Layers = {
  core: { files: ['core/'], layers: [], packages: [], node: ['crypto', 'path'] },
  files: { files: ['files/'], layers: ['core'], packages: [], node: 'all' },
  config: {
    files: ['config/'],
    layers: ['core'],
    packages: ['yaml', 'ajv', 'fastest-levenshtein', 'json-schema-to-ts'],
    node: 'all',
  },
  engine: {
    files: ['engine/engine.ts', 'engine/labels.ts', 'engine/release-label.ts'],
    layers: ['core'],
    packages: [],
    node: [],
  },
  'engine/docker': {
    files: ['engine/docker/'],
    layers: ['core', 'engine', 'files'],
    packages: ['dockerode', '@grpc/grpc-js', 'protobufjs', 'modern-tar'],
    node: 'all',
  },
  'engine/memory': {
    files: ['engine/memory/', 'engine/memory.ts'],
    layers: ['core', 'engine'],
    packages: [],
    node: 'all',
  },
  router: {
    files: [
      'router/router.ts',
      'router/table.ts',
      'router/target.ts',
      'router/decide.ts',
      'router/problems.ts',
      'router/status.ts',
      'router/by-kind.ts',
    ],
    layers: ['core'],
    packages: [],
    node: [],
  },
  /** What the adapters share. */
  'router/kept': {
    files: ['router/routes-file.ts', 'router/port-owner.ts', 'router/data-plane-user.ts'],
    layers: ['core', 'files', 'router'],
    packages: [],
    node: 'all',
  },
  'router/builtin': {
    files: ['router/builtin/'],
    layers: ['core', 'files', 'router', 'router/kept'],
    packages: ['undici'],
    node: 'all',
  },
  'router/caddy': {
    files: ['router/caddy/'],
    layers: ['core', 'files', 'router', 'router/kept'],
    packages: ['undici'],
    node: 'all',
  },
  'router/memory': {
    files: ['router/memory.ts'],
    layers: ['core', 'router', 'router/builtin'],
    packages: [],
    node: [],
  },
  build: {
    files: ['build/'],
    layers: ['core', 'files', 'engine'],
    packages: ['@balena/dockerignore', 'modern-tar'],
    node: 'all',
  },
  plan: { files: ['plan/'], layers: ['core'], packages: [], node: [] },
  reconcile: {
    files: ['reconcile/'],
    layers: ['core', 'files', 'plan', 'engine', 'router', 'build/builder.ts'],
    packages: ['p-queue', 'p-retry'],
    node: 'all',
  },
  project: {
    files: ['project/'],
    layers: ['core', 'files', 'config', 'build/builder.ts', 'plan', 'reconcile', 'engine'],
    packages: [],
    node: 'all',
  },
  /** Chooses the adapters. */
  faaso: {
    files: ['faaso.ts'],
    layers: [
      'core',
      'files',
      'project',
      'build',
      'reconcile',
      'engine',
      'engine/docker',
      'router',
      'router/kept',
      'router/builtin',
      'router/caddy',
    ],
    packages: [],
    node: 'all',
  },
  control: {
    files: ['control/'],
    layers: [
      'core',
      'files',
      'reconcile',
      'engine',
      'router',
      'project',
      'faaso',
      'config/schemas.ts',
      'config/find.ts',
      'config/add-route.ts',
      'config/addresses.ts',
      'config/first-file.ts',
      'config/list-runtimes.ts',
      'config/suggest.ts',
      'build/bases.ts',
    ],
    packages: ['fastify', 'chokidar', 'p-retry'],
    node: 'all',
  },
  cli: {
    files: ['cli/'],
    layers: [
      'core',
      'control/api.ts',
      'control/client.ts',
      'control/project.ts',
      'control/serve.ts',
      'control/doctor/doctor.ts',
      'control/begin/api.ts',
      'control/begin/begin.ts',
    ],
    packages: ['commander', 'picocolors', '@clack/prompts'],
    node: 'all',
  },
  /** What a program imports. */
  index: {
    files: ['index.ts'],
    layers: [
      'core',
      'engine',
      'control/api.ts',
      'control/client.ts',
      'control/project.ts',
      'control/serve.ts',
    ],
    packages: [],
    node: [],
  },
  /** Runs before anything is installed, and reads the templates afterwards. */
  launcher: { files: ['setup/faaso.mjs'], layers: [], packages: [], node: ['fs'], computed: true },
  setup: { files: ['setup/'], layers: [], packages: [], later: ['yaml'], node: 'all' },
};

describe('the source', () => {
  it('imports only what its layers may, in no circle', () => {
    const sources = readSources(fileURLToPath(new URL('../src', import.meta.url)));
    expect(sources.size).toBeGreaterThan(100);
    expect(layerProblems(sources, LAYERS)).toEqual([]);
  });
});

describe('the check', () => {
  const check = (sources: Readonly<Record<string, string>>): string[] =>
    layerProblems(new Map(Object.entries(sources)), LAYERS);

  it('lets through what is allowed', () => {
    const sources = {
      'core/names.ts': "import { createHash } from 'node:crypto';",
      'plan/plan.ts': "import type { Name } from '../core/names.ts';\nimport { why } from './reasons.ts';",
      'plan/reasons.ts': 'export const why = 1;',
      'build/builder.ts': "import { pack } from 'modern-tar/fs';",
      'reconcile/run.ts': "import type { Builder } from '../build/builder.ts';",
    };
    expect(check(sources)).toEqual([]);
  });

  it.each([
    ['a static import', "import { x } from '../plan/plan.ts';"],
    ['a type import', "import type { X } from '../plan/plan.ts';"],
    ['an import for its effects', "import '../plan/plan.ts';"],
    ['a dynamic import', "export const x = (): unknown => import('../plan/plan.ts');"],
    ['a type query', "export type X = import('../plan/plan.ts').X;"],
    ['a re-export', "export { x } from '../plan/plan.ts';"],
    ['a re-export of types', "export type { X } from '../plan/plan.ts';"],
    ['a re-export of everything', "export * from '../plan/plan.ts';"],
  ])('finds %s of the wrong layer', (_title, line) => {
    const problems = check({ 'core/names.ts': `// first line\n${line}`, 'plan/plan.ts': '' });
    expect(problems).toEqual(['core/names.ts:2 (core) imports plan/plan.ts (plan)']);
  });

  it('finds a package that the layer may not have', () => {
    expect(check({ 'plan/plan.ts': "import type { Docker } from 'dockerode';" })).toEqual([
      'plan/plan.ts:1 (plan) imports the package dockerode',
    ]);
    expect(check({ 'build/tar.ts': "import { x } from '@grpc/grpc-js/deep';" })).toEqual([
      'build/tar.ts:1 (build) imports the package @grpc/grpc-js',
    ]);
  });

  it("finds one of Node's modules where nothing may be read or written", () => {
    expect(check({ 'plan/plan.ts': "import { readFile } from 'node:fs/promises';" })).toEqual([
      'plan/plan.ts:1 (plan) imports node:fs/promises',
    ]);
    expect(check({ 'files/atomic.ts': "import { open } from 'fs';" })).toEqual([
      'files/atomic.ts:1 imports fs without node:',
    ]);
  });

  it('finds another file of a layer of which only one may be imported', () => {
    const sources = { 'reconcile/run.ts': "import { x } from '../build/tar.ts';", 'build/tar.ts': '' };
    expect(check(sources)).toEqual(['reconcile/run.ts:1 (reconcile) imports build/tar.ts (build)']);
  });

  it('finds an adapter that knows another', () => {
    const sources = { 'engine/docker/a.ts': "import { x } from '../memory.ts';", 'engine/memory.ts': '' };
    expect(check(sources)).toEqual([
      'engine/docker/a.ts:1 (engine/docker) imports engine/memory.ts (engine/memory)',
    ]);
  });

  it('finds a package in what runs before anything is installed', () => {
    expect(check({ 'setup/main.mjs': "import { parse } from 'yaml';" })).toEqual([
      'setup/main.mjs:1 (setup) imports the package yaml',
    ]);
    expect(check({ 'setup/main.mjs': "await import('yaml');\nawait import('picocolors');" })).toEqual([
      'setup/main.mjs:2 (setup) imports the package picocolors',
    ]);
  });

  it('finds a circle, also one of types', () => {
    const sources = {
      'core/a.ts': "import type { B } from './b.ts';",
      'core/b.ts': "\nimport { c } from './c.ts';",
      'core/c.ts': "\n\nexport type { A } from './a.ts';",
    };
    expect(check(sources)).toEqual([
      'core/c.ts:3 closes a circle: core/a.ts → core/b.ts → core/c.ts → core/a.ts',
    ]);
  });

  it('finds a file without a layer, a computed path and a path out of the source', () => {
    expect(check({ 'other/a.ts': '' })).toEqual(['other/a.ts:1 belongs to no layer']);
    expect(check({ 'cli/a.ts': 'export const load = (name: string): unknown => import(name);' })).toEqual([
      'cli/a.ts:1 imports a path that is computed',
    ]);
    expect(check({ 'cli/a.ts': "import '../../test/support/until.ts';" })).toEqual([
      'cli/a.ts:1 imports ../../test/support/until.ts, which is not under src/',
    ]);
  });
});
