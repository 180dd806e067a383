/** What holds where a file says nothing, as a user would write it. The schemas show these; the loader fills them in. */
export const DEFAULTS = {
  ports: '20000-20999',
  router: {
    kind: 'builtin',
    listen: '127.0.0.1:8080',
    accessLog: false,
    https: { listen: '0.0.0.0:443', issuer: 'acme' },
  },
  build: { caBundle: 'none', proxy: 'none' },
  route: { stripPrefix: true, timeout: '60s', maxBody: '10mb' },
  routerLimits: { connections: 16_384, connectionsPerAddress: 0, uploadRate: 100 },
  concurrency: { queue: 100, wait: '5s' },
  rateLimit: { per: '1s', by: 'client' },
  limits: { cpus: 1, memory: '256m', pids: 128, tmp: '64m' },
  port: 3000,
  isolation: 'runc',
  onFailure: { timeout: '10s' },
  health: { path: '/_faaso/health', interval: '10s', timeout: '1s', retries: 3, startPeriod: '0s' },
  test: { path: '/', status: 200, timeout: '10s' },
} as const;
