#!/usr/bin/env node
/** The command `faaso`. Checks Node before anything is loaded that an old one cannot read. */
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(`faaso needs Node 20.19 or later; this is ${process.version} (${process.execPath})\n`);
  process.exitCode = 1;
} else {
  const { start } = await import('./start.ts');
  await start();
}
