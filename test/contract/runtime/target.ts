import { setTimeout as sleep } from 'node:timers/promises';

import type { Profile, Running } from './container.ts';
import type { Form } from './forms.ts';

/** A running fixture, and the way to start more containers of its image. */
interface Target extends Running {
  readonly form: Form;
  readonly start: (profile: Profile) => Promise<Running>;
}

/** One thing that every form of every runtime does the same. */
export interface Case {
  readonly name: string;
  readonly run: (target: Target) => Promise<void>;
}

type Addressed = Pick<Running, 'origin'>;

/** Sends a request that the fixture answers by its `do`. */
export function ask(
  target: Addressed,
  operation: string,
  init: RequestInit & { readonly query?: Record<string, string> } = {},
): Promise<Response> {
  const query = new URLSearchParams({ do: operation, ...init.query });
  return fetch(`${target.origin}/?${query.toString()}`, init);
}

/** The JSON that an operation answers with. */
export async function askJson<T>(
  target: Addressed,
  operation: string,
  query: Record<string, string> = {},
): Promise<T> {
  const response = await ask(target, operation, { query });
  if (!response.ok) throw new Error(`${operation} answered ${response.status}: ${await response.text()}`);
  return JSON.parse(await response.text()) as T;
}

/** Sends a body that the fixture gives back. */
export function echo(
  target: Addressed,
  contentType: string,
  body: string | Uint8Array<ArrayBuffer>,
): Promise<Response> {
  return fetch(`${target.origin}/`, { method: 'POST', headers: { 'content-type': contentType }, body });
}

export interface Counts {
  readonly slow?: number;
  /** The most of these at the same time. */
  readonly peak?: number;
  readonly wait?: number;
  readonly cancelled?: number;
  readonly left?: number;
}

/** Polls the fixture's counters until one of them has reached a value. */
export async function untilCount(target: Addressed, counter: keyof Counts, atLeast: number): Promise<void> {
  const seen = async (): Promise<boolean> =>
    ((await askJson<Counts>(target, 'counts'))[counter] ?? 0) >= atLeast;
  await until(`${counter} reaches ${atLeast}`, seen);
}

/** Polls until something outside this process is so; the runtimes have no event for it. */
export async function until(what: string, check: () => Promise<boolean>, timeoutMs = 30_000): Promise<void> {
  for (const end = Date.now() + timeoutMs; Date.now() < end; await sleep(10)) if (await check()) return;
  throw new Error(`waited ${timeoutMs} ms for: ${what}`);
}
