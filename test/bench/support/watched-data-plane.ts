/** The data plane, told to say at SIGUSR2 how late its event loop was since the signal before: a line of JSON in its log. */
import { monitorEventLoopDelay } from 'node:perf_hooks';

const RESOLUTION_MS = 1;
const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
delays.enable();
const late = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS);
process.on('SIGUSR2', () => {
  const { max } = delays;
  process.stdout.write(`${JSON.stringify({ p99Ms: late(delays.percentile(99)), maxMs: late(max) })}\n`);
  delays.reset();
});

await import('../../../src/router/builtin/main.ts');
