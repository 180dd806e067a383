import type { Check } from '../context.ts';
import { NO_ENGINE, reporter } from '../context.ts';
import { findDockerd, processesNamed, restartCommands, setCommands, switchOf } from '../dockerd.ts';

const report = reporter('userland-proxy');

/** Whether each connection to a function passes through a process of the engine. */
export const userlandProxyCheck: Check = {
  name: 'userland-proxy',
  async run({ host, known, traces }) {
    const [info, found, engine, proxies] = await Promise.all([
      known(),
      traces(),
      findDockerd(host),
      processesNamed(host, 'docker-proxy'),
    ]);
    if (info === undefined) return [report('skipped', NO_ENGINE)];
    if (engine === undefined) return [report('skipped', "the engine's process is not seen from here")];
    const isOff = switchOf(engine, 'userland-proxy') === false;
    if (isOff && proxies.length === 0)
      return [report('ok', 'off: the kernel forwards the ports of functions')];
    if (isOff) {
      return [
        report('warn', 'off in the settings, but containers started before still use it', {
          fix: await restartCommands(host, engine),
          why: restartWhy(info.liveRestore),
        }),
      ];
    }
    const strangers = found?.strangers ?? 0;
    if (strangers > 0) {
      return [
        report(
          'ok',
          `on: half as many requests a second, but right beside ${strangers} containers of others`,
          {
            why: 'Off, a container that keeps NET_RAW could reach what listens on loopback of this host. Functions drop it; others may not.',
          },
        ),
      ];
    }
    if (engine.settings === 'invalid')
      return [report('warn', 'on', { why: `${engine.file} is not valid JSON: mend it first.` })];
    if (engine.process.argv.some((word) => word.startsWith('--userland-proxy')))
      return [report('warn', ON, { why: 'The engine was started with --userland-proxy: start it without.' })];
    return [
      report('warn', ON, {
        why: `Leave it on where containers of others keep NET_RAW: off, they could reach what listens on loopback of this host. Functions drop it. ${restartWhy(info.liveRestore)}`,
        fix: [
          ...setCommands(host.uid, engine, { 'userland-proxy': false }),
          ...(await restartCommands(host, engine)),
        ],
      }),
    ];
  },
};

const ON = 'on: half as many requests a second, and ports close while the engine restarts';

function restartWhy(liveRestore: boolean): string {
  return liveRestore
    ? 'Functions go on during the restart.'
    : 'The restart stops every container: turn live-restore on first.';
}
