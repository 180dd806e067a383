import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const root = fileURLToPath(new URL('..', import.meta.url));
const globalSetup = fileURLToPath(new URL('support/global-setup.ts', import.meta.url));

/** Rings that share one real engine take turns on the cores; the others may use all of them. */
const shared = { fileParallelism: true, maxWorkers: 2, testTimeout: 60_000, hookTimeout: 180_000 };
const sharedSetup = existsSync(globalSetup) ? { globalSetup: [globalSetup] } : {};

export default defineConfig({
  root,
  test: {
    passWithNoTests: true,
    projects: [
      {
        test: {
          name: 'pure',
          root,
          include: ['test/{unit,golden}/**/*.test.ts', 'test/setup/*.test.mjs', 'test/*.test.ts'],
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'engine',
          root,
          include: ['test/{contract,e2e}/**/*.test.ts'],
          sequence: { groupOrder: 1 },
          ...shared,
          ...sharedSetup,
        },
      },
    ],
  },
});
