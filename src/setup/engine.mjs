import { aptCommand, aptInstall } from './apt.mjs';
import { decideSettings, readDaemonJson, writeDaemonJson } from './engine-config.mjs';
import { DEFAULT_SOCKET, findEngine, socketCandidates } from './engine-find.mjs';
import { runningEngine, startEngine, waitForEngine } from './engine-start.mjs';
import { engineName } from './docker-api.mjs';
import { findProgram, isDebianOrUbuntu, isRoot, osRelease, systemdRuns } from './host.mjs';
import { SetupError } from './report.mjs';

const PACKAGES = ['docker.io', 'iptables'];
/** A machine that boots starts its engine at the same time as everything else. */
const BOOT_PATIENCE_MS = 30_000;

/**
 * Finds an engine that answers; where there is none and this set-up may, starts or installs one.
 * @param {ReturnType<typeof import('./report.mjs').createReport>} report
 * @returns {Promise<{ socket: string, text: string }>}
 */
export async function ensureEngine(report) {
  const found = await findEngine(socketCandidates(process.env));
  if (found.socket) return { socket: found.socket, text: await engineName(found.socket) };
  refuseWhatIsNotOurs(found.states);
  const dockerd = findProgram('dockerd');
  const pid = runningEngine();
  if (pid !== undefined) {
    report.working('engine', 'waiting for the one that is starting');
    return answering('was starting', await waitForRunning(pid));
  }
  if (!isRoot() || !(dockerd || isDebianOrUbuntu(osRelease()))) throw notAllowed(Boolean(dockerd));
  return dockerd ? startInstalled(report) : install(report);
}

/** @param {Map<string, string>} states */
function refuseWhatIsNotOurs(states) {
  if (process.env.DOCKER_HOST) {
    throw new SetupError(`no engine answers at DOCKER_HOST=${process.env.DOCKER_HOST}`, {
      hint: ['Start that engine, or unset DOCKER_HOST to let faaso look for one.'],
    });
  }
  const denied = [...states].find(([, state]) => state === 'denied')?.[0];
  if (denied) {
    throw new SetupError(`there is an engine at ${denied}, but this user may not use it`, {
      hint: ['Join its group, log in again, then run this again:', '  sudo usermod -aG docker "$USER"'],
    });
  }
}

/** @param {number} pid */
async function waitForRunning(pid) {
  if (await waitForEngine(BOOT_PATIENCE_MS, () => runningEngine() === undefined)) return;
  if (runningEngine() === undefined) throw new SetupError('the engine ended while it was starting');
  throw new SetupError(`an engine is running (process ${pid}) but does not answer`, {
    details: ['faaso does not end an engine: its containers may belong to others.'],
    hint: [
      'Restart it, then run this again:',
      systemdRuns() ? '  systemctl restart docker' : `  kill ${pid}`,
    ],
  });
}

async function startInstalled(report) {
  report.working('engine', 'starting');
  const { flags } = decideSettings({ text: readDaemonJson(), installing: false });
  return answering('was not running: started', await startEngine(flags));
}

async function install(report) {
  report.working('engine', 'none found, installing Docker Engine');
  const settings = decideSettings({ text: readDaemonJson(), installing: true });
  // Before the packages: where systemd rules, installing them starts the engine.
  if (settings.write) writeDaemonJson();
  await aptInstall(PACKAGES);
  if (!(runningEngine() !== undefined && (await waitForEngine(BOOT_PATIENCE_MS))))
    await startEngine(settings.flags);
  const name = await engineName(DEFAULT_SOCKET);
  return { socket: DEFAULT_SOCKET, text: `none found: ${name} installed and started` };
}

async function answering(text) {
  return { socket: DEFAULT_SOCKET, text: `${await engineName(DEFAULT_SOCKET)} ${text}` };
}

/** @param {boolean} installed */
function notAllowed(installed) {
  const start = systemdRuns() ? '  sudo systemctl start docker' : '  sudo service docker start';
  if (installed) {
    return new SetupError('Docker Engine is installed but not running, and only root may start it', {
      hint: ['Start it, then run this again:', start],
    });
  }
  if (!isDebianOrUbuntu(osRelease())) {
    return new SetupError('no Docker engine answers', {
      hint: ['Install and start one, then run this again: https://docs.docker.com/engine/install/'],
    });
  }
  return new SetupError('no Docker engine answers, and only root may install one', {
    hint: [
      'Install one and join its group, log in again, then run this again:',
      '  sudo apt-get update',
      `  sudo ${aptCommand(PACKAGES)}`,
      '  sudo usermod -aG docker "$USER"',
    ],
  });
}
