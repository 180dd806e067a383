import { describe, expect, test } from 'vitest';

import { parseUrl } from '../../../src/cli/explain-url.ts';

describe('a URL to explain', () => {
  test.each([
    ['/sum/x?y=1', { scheme: 'http', target: '/sum/x?y=1' }],
    ['sum/x', { scheme: 'http', target: '/sum/x' }],
    ['', { scheme: 'http', target: '/' }],
    ['?y=1', { scheme: 'http', target: '/?y=1' }],
    ['http://localhost:8080/sum', { authority: 'localhost:8080', scheme: 'http', target: '/sum' }],
    ['HTTPS://Example.org', { authority: 'Example.org', scheme: 'https', target: '/' }],
    ['ws://example.org?x', { authority: 'example.org', scheme: 'http', target: '/?x' }],
    ['example.org/sum', { authority: 'example.org', scheme: 'http', target: '/sum' }],
    ['localhost/sum', { authority: 'localhost', scheme: 'http', target: '/sum' }],
    ['[::1]:8080/a', { authority: '[::1]:8080', scheme: 'http', target: '/a' }],
    ['http://me:secret@example.org/a#part', { authority: 'example.org', scheme: 'http', target: '/a' }],
    ['/a/../b/%2e', { scheme: 'http', target: '/a/../b/%2e' }],
    ['/grüße an?x=ö', { scheme: 'http', target: '/gr%C3%BC%C3%9Fe%20an?x=%C3%B6' }],
  ])('%s', (text, parsed) => {
    expect(parseUrl(text)).toEqual(parsed);
  });

  test.each(['ftp://example.org/', 'http:///path', 'http://a b/', 'example.org:port/x'])(
    '%s is refused',
    (text) => {
      expect(() => parseUrl(text)).toThrow(/is not a URL that can be explained/);
    },
  );
});
