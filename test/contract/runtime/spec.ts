import type { ContainerSpec } from '../../../src/core/specs.ts';

const MIB = 2 ** 20;

/** What an instance gets that asks for nothing: the numbers of design §7. */
export const DEFAULT_SPEC: ContainerSpec = {
  port: 3000,
  env: {},
  limits: { cpus: 1, memoryBytes: 256 * MIB, pids: 128, tmpBytes: 64 * MIB },
  writable: [],
  secrets: {},
  networks: [],
  volumes: {},
  isolation: 'runc',
  health: {
    path: '/_faaso/health',
    expect: '2xx',
    intervalMs: 10_000,
    timeoutMs: 1_000,
    retries: 3,
    startPeriodMs: 30_000,
  },
};
