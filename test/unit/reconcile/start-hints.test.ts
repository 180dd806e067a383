import { describe, expect, it } from 'vitest';

import { listeningSockets } from '../../../src/core/listening.ts';
import { exitHint, unhealthyHint } from '../../../src/reconcile/start-hints.ts';

describe('what to do about a program that ended', () => {
  it.each([
    [
      ['    import nmpy', "ModuleNotFoundError: No module named 'nmpy'"],
      "nmpy is not in the image: a package is named in requirements.txt, and a file of your own lies, in the function's folder",
    ],
    [
      ["Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'left-pad' imported from /app/handler.mjs"],
      "left-pad is not in the image: a package is named in package.json, and a file of your own lies, in the function's folder",
    ],
    [
      ["Error: Cannot find module '@acme/lib/x'", 'Require stack:', '- /app/handler.cjs'],
      "@acme/lib/x is not in the image: a package is named in package.json, and a file of your own lies, in the function's folder",
    ],
    [
      ["Error [ERR_MODULE_NOT_FOUND]: Cannot find module '/app/lib.mjs' imported from /app/handler.mjs"],
      "/app/lib.mjs is not in the image: is it in the function's folder, and named as it is there?",
    ],
    [
      ["Error: Cannot find module './lib'"],
      "./lib is not in the image: is it in the function's folder, and named as it is there?",
    ],
    [
      ["SyntaxError: '(' was never closed"],
      'it ended before it was ready; the lines above are the last that it wrote: mend what they say, then apply again',
    ],
    [[], 'it wrote nothing; a function must keep running and listen on $PORT (3000)'],
    [['', ' '], 'it wrote nothing; a function must keep running and listen on $PORT (3000)'],
  ])('%j', (lines, hint) => {
    expect(exitHint(1, lines, 3000)).toBe(hint);
  });

  it('is to keep running where it ended well', () => {
    expect(exitHint(0, ['done'], 80)).toBe(
      'it ended by itself, without an error: a function must keep running and listen on $PORT (80)',
    );
  });
});

describe('what to do about a program that is not healthy', () => {
  const row = (local: string): string => `0: ${local} 00000000:0000 0A 0:0 00:0 0 0 0 7 1`;
  const sockets = (...rows: readonly string[]): ReturnType<typeof listeningSockets> =>
    listeningSockets(['sl local_address rem_address st', ...rows.map(row)].join('\n'));

  it.each([
    ['nothing listens', [], /^it listens on no port: .* \$PORT \(3000\); .*health\.start_period$/],
    ['another port', ['00000000:1F90'], /^it listens on 8080: listen on \$PORT \(3000\), or, .*"port:"/],
    ['several others', ['00000000:1F90', '00000000:0050'], /^it listens on 80 and 8080: /],
    [
      'itself alone',
      ['0100007F:0BB8'],
      /^it listens on 3000 at 127\.0\.0\.1 only, where nothing outside .*: listen on 0\.0\.0\.0$/,
    ],
    ['the right port', ['00000000:0BB8', '00000000:1F90'], /^it listens on \$PORT .* health\.path$/],
    ['the right port, of IPv6 too', ['00000000000000000000000000000000:0BB8'], /^it listens on \$PORT /],
  ])('%s', (_, rows, hint) => {
    expect(unhealthyHint(sockets(...rows), 3000)).toMatch(hint);
  });

  it('is all that may be, where nothing can be seen', () => {
    expect(unhealthyHint(undefined, 3000)).toMatch(/\$PORT \(3000\).*health\.start_period.*health\.path$/);
  });
});
