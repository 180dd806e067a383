/** Caddy's admin API: https://caddyserver.com/docs/api */
import { Client } from 'undici';

import type { Json } from './json.ts';

/** Where the admin API is: a unix socket, or an address over TCP. */
export type AdminAddress =
  | {
      readonly kind: 'unix';
      readonly path: string;
      /** The `Origin` that it asks for. Absent: none is sent, as one that nobody told of it lets none in. */
      readonly origin?: string;
    }
  | { readonly kind: 'tcp'; readonly url: string };

/** What lies at a path of the configuration, and the tag that guards a change of it. */
export interface Tagged {
  readonly value: Json;
  readonly etag: string;
}

/** Caddy's answer was an error. */
export class AdminError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'AdminError';
    this.status = status;
  }
}

/** The only `Origin` that the API of a Caddy which faaso started accepts. */
export const ORIGIN = 'http://faaso';
const CALL_MS = 10_000;
/** What asks for nothing but what is there is answered at once. */
const LOOK_MS = 3000;

export class Admin {
  readonly #client: Client;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(address: AdminAddress) {
    const timeouts = { headersTimeout: CALL_MS, bodyTimeout: CALL_MS, connectTimeout: CALL_MS };
    this.#client =
      address.kind === 'unix'
        ? new Client(ORIGIN, { socketPath: address.path, ...timeouts })
        : new Client(new URL(address.url).origin, timeouts);
    this.#headers = address.kind === 'unix' && address.origin !== undefined ? { origin: address.origin } : {};
  }

  /**
   * `undefined` when there is nothing at `path`. `known`: what was there before, and is given again where it is there still.
   * Rejects with the system's error, or {@link AdminError}.
   */
  async get(path: string, known?: Tagged): Promise<Tagged | undefined> {
    const { status, text, etag } = await this.#call('GET', path);
    // An unknown id is a 404 (a 400 in some versions); what is absent in a known place is `null`.
    if (status === 404 || (status === 400 && path.startsWith('/id/'))) return undefined;
    // Not even what it would lie in is there.
    if (status === 400 && words(text).startsWith('invalid traversal path')) return undefined;
    if (status !== 200) throw new AdminError(status, words(text));
    if (known !== undefined && etag !== '' && etag === known.etag) return known;
    const value = JSON.parse(text) as Json;
    return value === null ? undefined : { value, etag };
  }

  /** Changes what lies at `path`, guarded by the tag of what was read there. */
  async send(
    method: 'PUT' | 'PATCH' | 'POST' | 'DELETE',
    path: string,
    value?: Json,
    etag?: string,
  ): Promise<void> {
    const body = value === undefined ? undefined : { type: 'application/json', text: JSON.stringify(value) };
    const { status, text } = await this.#call(method, path, body, etag);
    if (status !== 200) throw new AdminError(status, words(text));
  }

  /** Has a Caddyfile translated, which changes nothing; gives what is said against it, or nothing. */
  async adapt(caddyfile: string): Promise<string> {
    const { status, text } = await this.#call('POST', '/adapt', { type: 'text/caddyfile', text: caddyfile });
    return status === 200 ? '' : words(text);
  }

  async close(): Promise<void> {
    await this.#client.destroy();
  }

  async #call(
    method: 'GET' | 'PUT' | 'PATCH' | 'POST' | 'DELETE',
    path: string,
    given?: { readonly type: string; readonly text: string },
    etag?: string,
  ): Promise<{ readonly status: number; readonly text: string; readonly etag: string }> {
    const { statusCode, body, headers, trailers } = await this.#client.request({
      method,
      path,
      ...(method === 'GET' ? { headersTimeout: LOOK_MS, bodyTimeout: LOOK_MS } : {}),
      headers: {
        ...this.#headers,
        ...(given === undefined ? {} : { 'content-type': given.type }),
        ...(etag === undefined || etag === '' ? {} : { 'if-match': etag }),
      },
      ...(given === undefined ? {} : { body: given.text }),
    });
    const text = await body.text();
    // The tag of what is streamed is known at its end alone, so it comes as a trailer.
    const tag = (trailers as Readonly<Record<string, string | undefined>>)['etag'] ?? headers['etag'];
    return { status: statusCode, text, etag: typeof tag === 'string' ? tag : '' };
  }
}

function words(text: string): string {
  try {
    const data = JSON.parse(text) as { readonly error?: unknown };
    if (typeof data.error === 'string') return data.error;
  } catch {
    // Not every answer is JSON.
  }
  return text.trim();
}
