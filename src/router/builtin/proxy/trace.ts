import { randomFillSync } from 'node:crypto';

/** `version-traceid-parentid-flags` (W3C Trace Context, level 1); later versions may have more behind it. */
const FORM = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?$/;
const NO_TRACE = '0'.repeat(32);
const NO_PARENT = '0'.repeat(16);
/** Says that whoever called recorded the trace: what the function's own default does where nobody called. */
const SAMPLED = '01';

const BYTES = 24;
/** Random bytes for many ids: asked for one by one they cost more than the rest. */
const pool = Buffer.alloc(BYTES * 256);
let used = pool.length;

/** Whether a `traceparent` is valid, and so passed on unchanged with its `tracestate`. */
export function isTrace(value: string | undefined): value is string {
  const match = value === undefined ? null : FORM.exec(value);
  if (match === null) return false;
  const [, version, trace, parent, more] = match;
  return (
    version !== 'ff' && trace !== NO_TRACE && parent !== NO_PARENT && (version !== '00' || more === undefined)
  );
}

/** A `traceparent` that begins a trace. */
export function newTrace(): string {
  if (used >= pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const ids = pool.toString('hex', used, used + BYTES);
  used += BYTES;
  return `00-${ids.slice(0, 32)}-${ids.slice(32)}-${SAMPLED}`;
}
