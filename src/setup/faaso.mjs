#!/usr/bin/env node
// What `faaso` and `npx faaso` run. It is a file of the repository, so that npx finds it before anything is compiled.
import { existsSync } from 'node:fs';

const main = new URL('../../dist/cli/main.js', import.meta.url);
if (existsSync(main)) {
  await import(main.href);
} else {
  process.stderr.write(
    'faaso is not compiled yet\n  hint: run "npm start" (or "npm run build") in its folder first\n',
  );
  process.exitCode = 1;
}
