/** Reads the head of an HTTP/1.1 answer. Strict: what two readers could understand differently is refused. */

/** How the end of a body is known (RFC 9112, 6.3). */
type Framing =
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; readonly length: number }
  | { readonly kind: 'chunked' }
  | { readonly kind: 'close' };

export interface ResponseHead {
  readonly status: number;
  readonly reason: string;
  /** End-to-end headers, flat pairs, in the order and case of the sender. */
  readonly headers: readonly string[];
  readonly framing: Framing;
  /** Value of `Trailer`, when the body can carry trailers. */
  readonly trailer: string | undefined;
  /** Value of `Upgrade`. */
  readonly upgrade: string | undefined;
  /** Whether the connection may carry another request. */
  readonly persistent: boolean;
  /** `Keep-Alive: timeout` in milliseconds. */
  readonly keepAliveMs: number | undefined;
}

/** The function's answer breaks HTTP's rules. The message is for the log, never for the client. */
export class InvalidAnswer extends Error {}

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: ([\t\x20-\x7e\x80-\xff]*))?$/;
/** Control characters, and CR or LF outside of CRLF. */
// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const FORBIDDEN = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)|(?:^|[^\r])\n/;
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const DIGITS = /^\d{1,15}$/;
const MAX_HEADERS = 1000;

const NONE: Framing = { kind: 'none' };
const CHUNKED: Framing = { kind: 'chunked' };
const CLOSE: Framing = { kind: 'close' };

type Rule =
  | 'pass'
  | 'drop'
  | 'connection'
  | 'keep-alive'
  | 'content-length'
  | 'transfer-encoding'
  | 'trailer'
  | 'upgrade';

const RULES: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ['connection', 'connection'],
  ['keep-alive', 'keep-alive'],
  ['content-length', 'content-length'],
  ['transfer-encoding', 'transfer-encoding'],
  ['trailer', 'trailer'],
  ['upgrade', 'upgrade'],
  ['te', 'drop'],
  ['proxy-connection', 'drop'],
  ['proxy-authenticate', 'drop'],
  ['proxy-authorization', 'drop'],
]);

/** Names as functions write them → rule; saves a check and a lower-casing per header. Bounded. */
const seen = new Map<string, Rule>();

function ruleOf(name: string): Rule {
  const known = seen.get(name);
  if (known !== undefined) return known;
  if (!TOKEN.test(name)) throw new InvalidAnswer('a header name is not a token');
  const rule = RULES.get(name.toLowerCase()) ?? 'pass';
  if (seen.size < 1000) seen.set(name, rule);
  return rule;
}

/**
 * Parses a head. `text`: latin-1, from the status line up to the empty line, without the last CRLF CRLF.
 * Throws {@link InvalidAnswer}.
 */
export function parseResponseHead(text: string, requestMethod: string): ResponseHead {
  if (FORBIDDEN.test(text)) throw new InvalidAnswer('the head has a control character');
  const firstEnd = text.indexOf('\r\n');
  const start = STATUS_LINE.exec(firstEnd === -1 ? text : text.slice(0, firstEnd));
  if (start === null) throw new InvalidAnswer('the status line is malformed');
  const minor = start[1] === '1' ? 1 : 0;
  const status = Number(start[2]);

  const headers: string[] = [];
  let nominated: string[] | undefined;
  let close = false;
  let keep = minor === 1;
  let length: string | undefined;
  let encoding: string | undefined;
  let trailer: string | undefined;
  let upgrade: string | undefined;
  let keepAliveMs: number | undefined;
  for (let position = firstEnd === -1 ? text.length : firstEnd + 2; position < text.length;) {
    const lineEnd = text.indexOf('\r\n', position);
    const end = lineEnd === -1 ? text.length : lineEnd;
    const colon = text.indexOf(':', position);
    if (colon === -1 || colon > end) throw new InvalidAnswer('a header line has no colon');
    const name = text.slice(position, colon);
    const value = trimmed(text, colon + 1, end);
    position = end + 2;
    const rule = ruleOf(name);
    switch (rule) {
      case 'pass':
        headers.push(name, value);
        break;
      case 'content-length':
        if (length !== undefined) throw new InvalidAnswer('two Content-Length headers');
        length = value;
        // What has no body has no length either (RFC 9110, 8.6).
        if (status >= 200 && status !== 204) headers.push(name, value);
        break;
      case 'transfer-encoding':
        if (encoding !== undefined) throw new InvalidAnswer('two Transfer-Encoding headers');
        encoding = value.toLowerCase();
        break;
      case 'connection':
        for (const token of value.toLowerCase().split(',')) {
          const option = token.trim();
          if (option === 'close') close = true;
          else if (option === 'keep-alive') keep = true;
          else if (RULES.get(option) === undefined && option !== '') (nominated ??= []).push(option);
        }
        break;
      case 'keep-alive':
        keepAliveMs = keepAliveTimeout(value);
        break;
      case 'trailer':
        trailer = trailer === undefined ? value : `${trailer}, ${value}`;
        break;
      case 'upgrade':
        upgrade = value;
        break;
      case 'drop':
        break;
    }
    if (headers.length > 2 * MAX_HEADERS) throw new InvalidAnswer('too many headers');
  }
  const framing = framingOf(status, requestMethod, minor, length, encoding);
  return {
    status,
    reason: start[3] ?? '',
    headers: nominated === undefined ? headers : without(headers, nominated),
    framing,
    trailer: framing === CHUNKED ? trailer : undefined,
    upgrade,
    persistent: keep && !close && framing !== CLOSE,
    keepAliveMs,
  };
}

function framingOf(
  status: number,
  method: string,
  minor: number,
  length: string | undefined,
  encoding: string | undefined,
): Framing {
  if (length !== undefined && !DIGITS.test(length)) throw new InvalidAnswer('Content-Length is not a number');
  if (encoding !== undefined) {
    if (length !== undefined) throw new InvalidAnswer('both Content-Length and Transfer-Encoding');
    if (encoding !== 'chunked') throw new InvalidAnswer('Transfer-Encoding is not chunked');
    if (minor === 0) throw new InvalidAnswer('Transfer-Encoding in HTTP/1.0');
  }
  if (status < 200 || status === 204 || status === 304 || method === 'HEAD') return NONE;
  if (encoding !== undefined) return CHUNKED;
  if (length !== undefined) return length === '0' ? NONE : { kind: 'length', length: Number(length) };
  return CLOSE;
}

function keepAliveTimeout(value: string): number | undefined {
  const found = /(?:^|[\s,;])timeout\s*=\s*(\d{1,6})/i.exec(value);
  return found === null ? undefined : Number(found[1]) * 1000;
}

/** Content-Length stays: it frames the message, whatever Connection says. */
function without(headers: readonly string[], names: readonly string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] ?? '';
    const lower = name.toLowerCase();
    if (lower === 'content-length' || !names.includes(lower)) kept.push(name, headers[i + 1] ?? '');
  }
  return kept;
}

function trimmed(text: string, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
