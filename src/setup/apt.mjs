import { readdirSync } from 'node:fs';
import { lastLines, run } from './run.mjs';
import { networkHint, unreachableHosts } from './network.mjs';
import { SetupError } from './report.mjs';
import { SYSTEM_PATH } from './host.mjs';

const ENV = { ...process.env, PATH: SYSTEM_PATH, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C.UTF-8' };
/** Machines update themselves in the background, which holds dpkg's lock for minutes. */
const WAIT_FOR_DPKG = ['-o', 'DPkg::Lock::Timeout=300'];

/**
 * The command a reader can paste to install packages by hand.
 * @param {string[]} packages
 */
export const aptCommand = (packages) => `apt-get install -y --no-install-recommends ${packages.join(' ')}`;

/**
 * Installs Debian packages. The package lists are fetched only when they are missing or too old to work:
 * most machines have them, and a third party's broken repository must not stop what does not need it.
 * @param {string[]} packages
 */
export async function aptInstall(packages) {
  await finishInterruptedInstall();
  const install = () => apt(['install', '-y', '--no-install-recommends', ...WAIT_FOR_DPKG, ...packages]);
  if (await areListed(packages)) {
    const installed = await install().then(
      () => true,
      () => false,
    );
    if (installed) return;
  }
  const update = await apt(['update', ...WAIT_FOR_DPKG]).then(
    () => undefined,
    (error) => error,
  );
  try {
    await install();
  } catch (error) {
    throw networkError(`${update?.output ?? ''}\n${error.output}`, packages) ?? failure(error, packages);
  }
}

/** @param {string[]} packages */
async function areListed(packages) {
  const output = await run('apt-cache', ['policy', ...packages], { env: ENV });
  const candidates = output.match(/Candidate: (?!\(none\))/g) ?? [];
  return candidates.length === packages.length;
}

/** A machine that lost power (or an installer that was killed) leaves dpkg refusing everything. */
async function finishInterruptedInstall() {
  if (readdirSync('/var/lib/dpkg/updates').length > 0) {
    await run('dpkg', ['--configure', '-a', '--force-confold'], { env: ENV, gentle: true });
  }
}

const apt = (args) => run('apt-get', args, { env: ENV, gentle: true });

function networkError(output, packages) {
  const hosts = unreachableHosts(output);
  if (hosts.length === 0) return undefined;
  return new SetupError(`could not reach ${hosts.join(', ')}`, {
    details: [`Debian's packages ${packages.join(' ')} are needed from there.`],
    hint: [networkHint('http_proxy', process.env), 'Or install by hand:', `  ${aptCommand(packages)}`],
  });
}

function failure(error, packages) {
  return new SetupError(`apt-get could not install ${packages.join(' ')}`, {
    details: lastLines(error.output),
    hint: ['Try it by hand, then run this again:', `  ${aptCommand(packages)}`],
    cause: error,
  });
}
