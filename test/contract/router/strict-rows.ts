/** What no router may pass on as it is. */

/** What is sent behind a request that is unclear: it must never be taken for a request. */
export const NEXT = 'GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n';
const CHUNKS = '3\r\nabc\r\n0\r\n\r\n';

export const post = (headers: string, body: string): string =>
  `POST / HTTP/1.1\r\nHost: x\r\n${headers}\r\n\r\n${body}`;
export const chunked = (body: string): string => post('Transfer-Encoding: chunked', body);
export const get = (target: string, headers = 'Host: x', version = 'HTTP/1.1'): string =>
  `GET ${target} ${version}\r\n${headers}\r\n\r\n`;
const rows = (name: string, make: (text: string) => string, texts: readonly string[]): [string, string][] =>
  texts.map((text) => [`${name} ${JSON.stringify(text)}`, make(text)]);

/** Heads that are refused before the function hears of them. */
export const HEADS: readonly [string, string][] = [
  ...rows('Transfer-Encoding', (text) => post(`Transfer-Encoding:${text}`, CHUNKS), [
    ' xchunked',
    ' identity',
    ' chunked, identity',
    ' identity, chunked',
    ' chunked, chunked',
    ' chunked\r\nTransfer-Encoding: chunked',
    ' chunked\r\nTransfer-Encoding: identity',
    ' cow\r\nTransfer-Encoding: chunked',
    ' "chunked"',
    ' chunked;q=1',
    ' \x0bchunked',
    ' chunked\0',
    '\r\n chunked',
    ' gzip',
  ]),
  [
    'Transfer-Encoding beside a length',
    post('Content-Length: 6\r\nTransfer-Encoding: chunked', '0\r\n\r\nG'),
  ],
  ['Transfer-Encoding before a length', post('Transfer-Encoding: chunked\r\nContent-Length: 4', CHUNKS)],
  ['Transfer-Encoding, blank, colon', post('Transfer-Encoding : chunked', CHUNKS)],
  ['Transfer-Encoding behind a bare LF', post('X: x\nTransfer-Encoding: chunked', CHUNKS)],
  ['Transfer-Encoding behind a bare CR', post('X: x\rTransfer-Encoding: chunked', CHUNKS)],
  ['chunks in HTTP/1.0', `POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n${CHUNKS}`],
  ...rows('Content-Length', (text) => post(`Content-Length:${text}`, 'ab'), [
    ' +2',
    ' -1',
    ' 0x2',
    ' 2, 2',
    ' 2;',
    ' ',
    ' "2"',
    ' 2 0',
    ' 2.0',
    ' 2\r\nContent-Length: 3',
    ' 18446744073709551616',
    ' 18446744073709551618',
  ]),
  ...rows('Host', (text) => get('/', `Host: ${text}`), [
    'a/b',
    'a@b',
    'a:99999',
    'a:b',
    'a:-1',
    'a:80:90',
    '::1',
    '[::1',
    '[zz]',
    'a b',
    'a?b',
    'a\\b',
    '"a"',
    '<a>',
    '\xe9',
    'http://a',
    'a\r\nHost: a',
    'a\r\n b',
    'a,b',
  ]),
  ['an invalid Host in HTTP/1.0', get('/', 'Host: a/b', 'HTTP/1.0')],
  ...rows('target', (text) => get(text), ['x:80', 'a', '/a b', '/a\0', '/\xe9']),
  ...rows('version', (text) => get('/', 'Host: x', text), ['HTTP/2.0', 'HTTP/0.9', 'HTTP/1.10', 'HTTPS/1.1']),
  ['no version', 'GET /\r\n\r\n'],
  ['a method of RTSP', 'DESCRIBE / RTSP/1.0\r\n\r\n'],
  ['HTTP/2 without TLS', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n'],
  ...rows('header', (text) => get('/', `Host: x\r\n${text}`), [
    'X : a',
    'X',
    ': a',
    'X Y: a',
    'X(Y): a',
    'X: a\r\n b',
    'X: \0',
    'X: \x01',
    'X: a\rb',
    ' X: a',
  ]),
  ['lines that end with LF', 'GET / HTTP/1.1\nHost: x\n\n'],
];

/** Targets that are refused without doubt about where the next request begins. */
export const TARGETS: readonly string[] = [
  'http://u:p@x/',
  'http:///h',
  'http://:80/',
  'http://a:99999/',
  'http://[::1/',
  'ftp://x/',
  '/a#b',
  '/a?b#c',
  '/a\\b',
  '/a\\..\\b',
];

/** Bodies that are no chunks: the request has begun, and ends with a 400. */
export const BODIES: readonly string[] = [
  ' 3\r\nabc\r\n0\r\n\r\n',
  '0x3\r\nabc\r\n0\r\n\r\n',
  '+3\r\nabc\r\n0\r\n\r\n',
  '-3\r\nabc\r\n0\r\n\r\n',
  '\r\nabc\r\n0\r\n\r\n',
  '3_0\r\nabc\r\n0\r\n\r\n',
  'g\r\nabc\r\n0\r\n\r\n',
  '10000000000000003\r\nabc\r\n0\r\n\r\n',
  '3;a\nabc\r\n0\r\n\r\n',
  '3;a\rb\r\nabc\r\n0\r\n\r\n',
  '3\nabc\r\n0\r\n\r\n',
  '3\r\nabc\n0\r\n\r\n',
  '3\r\nabcd\r\n0\r\n\r\n',
  '3\r\nabcXX0\r\n\r\n',
  '3\r\nabc\r\n0\n\n',
  '3\r\nabc\r\n0\r\nX: a\r\n b\r\n\r\n',
  '3\r\nabc\r\n0\r\nX : a\r\n\r\n',
  '3\r\nabc\r\n0\r\nContent-Length: 5\r\n\r\n',
];

const CHUNKS_AND_NEXT = ['POST / abc', 'GET /smuggled'] as const;

/**
 * Rows that Go reads in the one way that RFC 9112 leaves to it: chunks count where there is a length too (6.3), a line may
 * end with LF alone (2.2) or go on in the next (5.2). What comes of it is the request and, on the same connection, the
 * next; each is framed anew.
 */
export const READ_BY_GO: Readonly<Record<string, readonly string[]>> = {
  'Transfer-Encoding "\\r\\n chunked"': CHUNKS_AND_NEXT,
  // The last byte of what the length says begins the next request.
  'Transfer-Encoding beside a length': ['POST /', 'GGET /smuggled'],
  'Transfer-Encoding before a length': CHUNKS_AND_NEXT,
  'Transfer-Encoding behind a bare LF': CHUNKS_AND_NEXT,
  // In HTTP/1.0 there are no chunks: the request has no body, and the connection ends.
  'chunks in HTTP/1.0': ['POST /'],
  'header "X: a\\r\\n b"': ['GET /', 'GET /smuggled'],
  'lines that end with LF': ['GET /', 'GET /smuggled'],
  // Trailers are left out, whatever they say.
  '3\r\nabc\r\n0\r\nX: a\r\n b\r\n\r\n': CHUNKS_AND_NEXT,
  '3\r\nabc\r\n0\r\nX : a\r\n\r\n': CHUNKS_AND_NEXT,
  '3\r\nabc\r\n0\r\nContent-Length: 5\r\n\r\n': CHUNKS_AND_NEXT,
};
