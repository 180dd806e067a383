import { createHash } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runAlone } from './main.mjs';
import { ensurePackages } from './packages.mjs';
import { SetupError } from './report.mjs';
import { lastLines, run } from './run.mjs';

/**
 * Compiles src/ to dist/ when a source is not the one that was compiled last.
 * @param {string} root
 * @param {ReturnType<typeof import('./report.mjs').createReport>} report
 */
export async function ensureCompiled(root, report) {
  const dist = join(root, 'dist');
  const stamp = join(dist, '.compiled');
  const main = join(dist, 'cli/main.js');
  const sources = sourceFiles(root);
  const wanted = fingerprint(root, sources);
  if (existsSync(main) && readOr(stamp, '') === wanted) return { text: 'up to date' };
  report.working('compile', `${sources.length} files`);
  rmSync(stamp, { force: true });
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  try {
    await run(process.execPath, [tsc, '-p', join(root, 'src')], { cwd: root });
  } catch (error) {
    throw new SetupError('the sources do not compile', {
      details: lastLines(error.output ?? '', 20),
      hint: ['All of it: npm run check:types'],
      cause: error,
    });
  }
  removeOrphans(join(root, 'src'), dist);
  if (existsSync(main)) chmodSync(main, 0o755);
  writeFileSync(stamp, wanted);
  return { text: `${sources.length} files` };
}

/**
 * Changes whenever a source is added, removed or written.
 * @param {string} root
 * @param {string[]} files
 */
export function fingerprint(root, files) {
  const hash = createHash('sha256');
  for (const file of files) {
    const { size, mtimeMs } = statSync(file);
    hash.update(`${relative(root, file)}\0${size}\0${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

/**
 * What the compiler reads. Its own version comes in through package-lock.json.
 * @param {string} root
 */
export function sourceFiles(root) {
  const settings = ['tsconfig.json', 'package-lock.json'].map((name) => join(root, name));
  const sources = filesIn(join(root, 'src')).filter((file) => /\.(ts|json)$/.test(file));
  return [...sources, ...settings.filter((file) => existsSync(file))].sort(byName);
}

/** The compiler never removes what it made from a source that is gone, and an import would still find it. */
function removeOrphans(src, dist) {
  for (const file of filesIn(dist)) {
    const path = relative(dist, file);
    const source = path.replace(/\.(js|js\.map|d\.ts)$/, '.ts');
    if (path.endsWith('.map') || (source !== path && !existsSync(join(src, source)))) rmSync(file);
  }
}

function filesIn(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesIn(path) : [path];
  });
}

const byName = (a, b) => (a < b ? -1 : 1);

function readOr(file, otherwise) {
  return existsSync(file) ? readFileSync(file, 'utf8') : otherwise;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await runAlone(async ({ root, report }) => {
    await report.step('packages', () => ensurePackages(root, report));
    await report.step('compile', () => ensureCompiled(root, report));
  });
}
