import type { Socket } from 'node:net';

import { startRawFunction } from './upstream.ts';
import type { Upstream } from './upstream.ts';

/** A function that reads HTTP/1.1 to the letter and answers what came whole with `ok`. It ends with the test. */
export interface StrictFunction extends Upstream {
  /** Requests that came whole, as `POST /path body`. */
  readonly seen: string[];
  /** Header lines of the last request. */
  readonly lines: string[];
  /** What another reader could have understood in another way. */
  readonly unclear: string[];
}

const REQUEST_LINE = /^([A-Z-]+) (\/[!-~]*) HTTP\/1\.1$/;
const HEADER = /^([\w!#$%&'*+.^`|~-]+): ?([\t -~\x80-\xff]*)$/;
const HOST = /^(?:\[[\da-f:.]+\]|[\w.~!$&'()*+;=%-]+)?(?::\d{0,5})?$/i;
/** Readers of CGI and WSGI take them for what frames a message. */
const FRAMING_LOOKALIKE = /^(?:content|transfer)[^a-z-](?:length|encoding)$/i;
const NEVER_A_TRAILER = /^(?:content-length|transfer-encoding|host|trailer)\s*:/i;

export async function startStrictFunction(): Promise<StrictFunction> {
  const seen: string[] = [];
  const lines: string[] = [];
  const unclear: string[] = [];
  const upstream = await startRawFunction((socket) => {
    const reader = new StrictReader();
    socket.on('data', (chunk) => {
      try {
        for (const request of reader.read(chunk.toString('latin1'))) {
          seen.push(request.text);
          lines.splice(0, Infinity, ...request.lines);
          answer(socket);
        }
      } catch (error) {
        unclear.push((error as Error).message);
        socket.destroy();
      }
    });
  });
  return Object.assign(upstream, { seen, lines, unclear });
}

function answer(socket: Socket): void {
  socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
}

interface StrictRequest {
  readonly text: string;
  readonly lines: readonly string[];
}

/** Reads the requests of one connection. */
class StrictReader {
  #rest = '';

  /** The requests that are whole now. Throws on what is not clear. */
  read(text: string): StrictRequest[] {
    this.#rest += text;
    const requests: StrictRequest[] = [];
    for (let next = this.#next(); next !== undefined; next = this.#next()) requests.push(next);
    return requests;
  }

  #next(): StrictRequest | undefined {
    const end = this.#rest.indexOf('\r\n\r\n');
    if (end === -1) return undefined;
    const [first = '', ...lines] = this.#rest.slice(0, end).split('\r\n');
    const [, method, target = ''] = REQUEST_LINE.exec(first) ?? [];
    if (method === undefined || /#|^[^?]*\\/.test(target)) throw new Error(`request line ${show(first)}`);
    const length = framing(lines);
    const found = length === 'chunked' ? this.#chunks(end + 4) : this.#bytes(end + 4, length);
    if (found === undefined) return undefined;
    this.#rest = this.#rest.slice(found.end);
    return { text: `${method} ${target} ${found.body}`.trimEnd(), lines };
  }

  #bytes(at: number, length: number): { body: string; end: number } | undefined {
    const end = at + length;
    return this.#rest.length < end ? undefined : { body: this.#rest.slice(at, end), end };
  }

  #chunks(from: number): { body: string; end: number } | undefined {
    let body = '';
    for (let at = from; ;) {
      const line = this.#line(at);
      if (line === undefined) return undefined;
      if (!/^[\da-f]+$/i.test(line)) throw new Error(`chunk ${show(line)}`);
      at += line.length + 2;
      const size = Number.parseInt(line, 16);
      if (size === 0) return this.#trailers(at, body);
      if (this.#rest.length < at + size + 2) return undefined;
      body += this.#rest.slice(at, at + size);
      at += size + 2;
      if (this.#rest.slice(at - 2, at) !== '\r\n') throw new Error(`end of a chunk ${show(body)}`);
    }
  }

  #trailers(from: number, body: string): { body: string; end: number } | undefined {
    for (let at = from; ;) {
      const line = this.#line(at);
      if (line === undefined) return undefined;
      at += line.length + 2;
      if (line === '') return { body, end: at };
      if (!HEADER.test(line) || NEVER_A_TRAILER.test(line)) throw new Error(`trailer ${show(line)}`);
    }
  }

  #line(at: number): string | undefined {
    const end = this.#rest.indexOf('\r\n', at);
    return end === -1 ? undefined : this.#rest.slice(at, end);
  }
}

/** How long the body is, where the head says it in one way. */
function framing(lines: readonly string[]): number | 'chunked' {
  const hosts: string[] = [];
  const framings: string[] = [];
  for (const line of lines) {
    const [, name = '', value = ''] = HEADER.exec(line) ?? [];
    if (name === '' || FRAMING_LOOKALIKE.test(name)) throw new Error(`header ${show(line)}`);
    if (/^host$/i.test(name)) hosts.push(value);
    if (/^(?:content-length|transfer-encoding)$/i.test(name)) framings.push(`${name}: ${value}`);
  }
  if (hosts.length !== 1 || !HOST.test(hosts[0] ?? '')) throw new Error(`hosts ${show(hosts)}`);
  const [how = 'content-length: 0'] = framings;
  const length = /^content-length: (\d{1,15})$/i.exec(how)?.[1];
  const isChunked = /^transfer-encoding: chunked$/i.test(how);
  if (framings.length > 1 || (length === undefined && !isChunked))
    throw new Error(`framing ${show(framings)}`);
  return isChunked ? 'chunked' : Number(length);
}

function show(value: unknown): string {
  return JSON.stringify(value);
}
