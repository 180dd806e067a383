import { createReadStream, rmSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { aptCommand, aptInstall } from './apt.mjs';
import { RECIPES, imageChanges, mmdebstrapArguments, tagOf } from './bases-recipes.mjs';
import { importImage } from './docker-api.mjs';
import { SYSTEM_PATH, findProgram, isDebianOrUbuntu, isRoot, osRelease } from './host.mjs';
import { networkHint, unreachableHosts } from './network.mjs';
import { SetupError } from './report.mjs';
import { lastLines, run } from './run.mjs';

const PACKAGES = ['mmdebstrap', 'debian-archive-keyring'];
const PREFIX = 'faaso-bases-';

/** @typedef {import('./bases-recipes.mjs').Recipe} Recipe */

/**
 * Makes stand-ins for official images and brings them to the engine.
 * @param {string} socket
 * @param {Recipe[]} recipes
 * @param {ReturnType<typeof import('./report.mjs').createReport>} report
 * @returns {Promise<{ names: string[], from: string }>}
 */
export async function makeBases(socket, recipes, report) {
  await ensureMmdebstrap(report);
  const names = recipes.map(({ name }) => name);
  report.working('bases', `no registry answers, making ${names.join(', ')} from Debian's packages`);
  const parent = await temporaryFolder();
  await removeLeftovers(parent);
  const folder = await mkdtemp(join(parent, PREFIX));
  const removeAtExit = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', removeAtExit);
  try {
    const origins = await makeAll(socket, recipes, folder);
    return {
      names,
      from: [...new Set(['Debian’s packages', ...origins])].join(' and ').replaceAll('’', "'"),
    };
  } finally {
    process.removeListener('exit', removeAtExit);
    await rm(folder, { recursive: true, force: true });
  }
}

async function makeAll(socket, recipes, folder) {
  const plain = once(() => debootstrap(RECIPES.debian, join(folder, 'debian.tar')));
  const make = async (recipe) => {
    if (!recipe.npm) {
      const tar =
        recipe === RECIPES.debian
          ? await plain()
          : await debootstrap(recipe, join(folder, `${recipe.name}.tar`));
      return { tar, origin: [] };
    }
    // Both at once: one waits for the network while the other unpacks.
    const [base, stage] = await Promise.all([plain(), npmStage(recipe, folder).catch((error) => error)]);
    if (stage instanceof Error) {
      const tar = await debootstrap(
        { ...recipe, packages: recipe.fallback },
        join(folder, `${recipe.name}.tar`),
      );
      return { tar, origin: [] };
    }
    return { tar: await layOver(base, stage, join(folder, `${recipe.name}.tar`)), origin: ['npm'] };
  };
  const results = await Promise.allSettled(
    recipes.map(async (recipe) => {
      const { tar, origin } = await make(recipe);
      await importImage(socket, {
        tag: tagOf(recipe),
        changes: imageChanges(recipe),
        tar: createReadStream(tar),
      });
      return origin;
    }),
  );
  const failed = results.find(({ status }) => status === 'rejected');
  if (failed) throw failed.reason;
  return results.flatMap(({ value }) => value);
}

/**
 * @param {{ name: string, packages: string[], dpkg: string[] }} recipe
 * @param {string} tar
 */
async function debootstrap(recipe, tar) {
  const env = {
    ...process.env,
    PATH: SYSTEM_PATH,
    // /tmp may be mounted without devices, which a root filesystem needs while it is made.
    TMPDIR: await temporaryFolder(),
    SOURCE_DATE_EPOCH: String(startOfDay(Date.now())),
  };
  try {
    await run('mmdebstrap', mmdebstrapArguments(recipe, tar), { env });
  } catch (error) {
    const hosts = unreachableHosts(error.output ?? '');
    const why = hosts.length > 0 ? `could not reach ${hosts.join(', ')}` : error.message;
    throw new SetupError(`could not make the ${recipe.name} base image: ${why}`, {
      details: hosts.length > 0 ? [] : lastLines(error.output ?? '', 5),
      hint: [networkHint('http_proxy', process.env), `Or bring ${tagOf(recipe)} here with docker load.`],
      cause: error,
    });
  }
  return tar;
}

/**
 * The files that npm packages add, laid out as they are to lie in the image.
 * @param {Recipe} recipe
 * @param {string} folder
 */
async function npmStage(recipe, folder) {
  const stage = join(folder, `${recipe.name}-stage`);
  const local = join(stage, 'usr/local');
  await mkdir(local, { recursive: true });
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  await run('npm', ['install', '--global', '--prefix', local, ...quiet, ...recipe.npm]);
  const packages = join(local, 'lib/node_modules');
  const node = (await readdir(packages)).find((name) => name.startsWith('node-linux-'));
  if (node) {
    await rm(join(local, 'bin/node'));
    await rename(join(packages, node, 'bin/node'), join(local, 'bin/node'));
    // 67 MB of headers that node-gyp fetches by itself where it needs them.
    await rm(join(packages, node), { recursive: true });
  }
  await Promise.all(
    ['docs', 'man'].map((part) => rm(join(packages, 'npm', part), { recursive: true, force: true })),
  );
  return stage;
}

/**
 * Appending keeps the bytes of Debian's part, so its files need no second unpacking with their owners. Only
 * what is new is named: the engine refuses a tar that names a folder twice.
 */
async function layOver(baseTar, stage, tar) {
  await copyFile(baseTar, tar);
  const fixed = ['--sort=name', '--owner=0', '--group=0', '--numeric-owner', '--mode=go-w'];
  const date = `--mtime=@${startOfDay(Date.now())}`;
  const folders = ['./usr/local/bin', './usr/local/lib'];
  const lists = await Promise.all(folders.map(async (name) => [name, await readdir(join(stage, name))]));
  const added = lists.flatMap(([name, entries]) => entries.map((entry) => `${name}/${entry}`));
  await run('tar', ['--append', `--file=${tar}`, ...fixed, date, '--directory', stage, ...added]);
  return tar;
}

async function ensureMmdebstrap(report) {
  if (findProgram('mmdebstrap')) return;
  if (isRoot() && isDebianOrUbuntu(osRelease())) {
    report.working('bases', 'no registry answers, installing mmdebstrap to make them');
    return aptInstall(PACKAGES);
  }
  throw new SetupError('no registry answers, and this user cannot make base images here', {
    hint: [
      'Bring the engine a way to a registry, or on Debian and Ubuntu:',
      `  sudo ${aptCommand(PACKAGES)}`,
    ],
  });
}

/** Every file made today gets the same date, so that making an image twice gives the same layers. */
const startOfDay = (now) => Math.floor(now / 86_400_000) * 86_400;

async function temporaryFolder() {
  const isThere = await stat('/var/tmp').catch(() => undefined);
  return isThere?.isDirectory() ? '/var/tmp' : tmpdir();
}

/** Only one set-up runs at a time, so what lies here was left by one that was ended hard. */
async function removeLeftovers(parent) {
  const names = (await readdir(parent)).filter((name) => name.startsWith(PREFIX));
  await Promise.all(names.map((name) => rm(join(parent, name), { recursive: true, force: true })));
}

function once(work) {
  let result;
  return () => (result ??= work());
}
