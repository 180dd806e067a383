import type { RouterKind } from './bench.ts';

/** What Caddy does in another way and cannot be told not to: no more than ten, none about security. */
export const CADDY_DIFFERS = {
  'written by Go': {
    why: 'header names are spelled and sorted anew (those with _ or . in them do not pass), the reason of a status and the length of a 304 are its own',
    link: 'https://github.com/golang/go/issues/37834',
  },
  'parser answers': {
    why: 'a head that Go cannot read is answered with plain text',
    link: 'https://github.com/golang/go/issues/21548',
  },
  'interim answers': {
    why: '100 Continue comes when Caddy begins to read and again from the function; unknown 1xx pass',
    link: 'https://github.com/caddyserver/caddy/issues/5280',
  },
  'full duplex': {
    why: 'a function that answers before it has read the body is heard when the client has sent 256 KiB more or all',
    link: 'https://github.com/golang/go/issues/57786',
  },
  trailers: {
    why: 'trailers pass whatever they are called; they stay apart from the headers',
    link: 'https://github.com/golang/go/issues/20437',
  },
  'lenient parser': {
    why: 'what RFC 9112 lets a server read in one way (a length beside chunks, a bare LF, a folded line) is framed anew instead of refused',
    link: 'https://github.com/golang/go/issues/65505',
  },
  'ends of HTTP/1.0': {
    why: 'to a client of HTTP/1.0 an answer that breaks off looks like a whole one',
    link: 'https://github.com/caddyserver/caddy/issues/7845',
  },
  'replayed bodies': {
    why: 'a PUT with a body is not sent again when a kept-alive connection turns out to be closed',
    link: 'https://github.com/golang/go/issues/16036',
  },
  'silent answers': {
    why: 'an answer that falls silent half-way is not ended: a limit on its pauses would cut long uploads too',
    link: 'https://github.com/caddyserver/caddy/pull/5567',
  },
  'drain deadline': {
    why: 'what a replaced function has not finished at the deadline ends as its container stops, a WebSocket without 1001',
    link: 'https://github.com/caddyserver/caddy/issues/4762',
  },
} as const;

/** Whether a case is not held against this router. */
export function differs(kind: RouterKind, what: keyof typeof CADDY_DIFFERS): boolean {
  return kind === 'caddy' && what in CADDY_DIFFERS;
}
