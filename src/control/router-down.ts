/** Whether what was applied can be reached. */
import { setTimeout as delay } from 'node:timers/promises';

import type { Router } from '../router/router.ts';
import type { RouterDown } from './api.ts';

/** One that ended a moment ago is back in less. */
const BACK_MS = 3000;

/** Why the router does not serve, where it does not come back by itself soon; `null`: it serves. */
export async function whyDown(router: Router, signal: AbortSignal): Promise<RouterDown | null> {
  if (router.status().kind === 'down') await servesSoon(router, signal);
  const status = router.status();
  return status.kind === 'serving' ? null : { reason: status.reason, hint: status.hint ?? null };
}

async function servesSoon(router: Router, signal: AbortSignal): Promise<void> {
  const over = new AbortController();
  const unsubscribe = router.onStatus(({ kind }) => kind === 'serving' && over.abort());
  await delay(BACK_MS, undefined, { signal: AbortSignal.any([signal, over.signal]) }).catch(() => undefined);
  unsubscribe();
}
