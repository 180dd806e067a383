import type { Check } from '../context.ts';
import { NO_ENGINE, reporter } from '../context.ts';
import { findDockerd, reloadCommand, setCommands } from '../dockerd.ts';

const report = reporter('live-restore');

/** Whether containers outlive a restart of the engine, as at an upgrade of Docker. */
export const liveRestoreCheck: Check = {
  name: 'live-restore',
  async run({ host, known }) {
    const info = await known();
    if (info === undefined) return [report('skipped', NO_ENGINE)];
    if (info.liveRestore) return [report('ok', 'functions outlive a restart of the engine')];
    if (info.swarm) {
      return [report('ok', 'off, as it must be in a swarm: a restart of the engine stops every function')];
    }
    const message = 'off: a restart of the engine stops every function';
    const engine = await findDockerd(host);
    if (engine === undefined) {
      return [
        report('warn', message, {
          why: 'The engine\'s process is not seen from here; in its daemon.json: "live-restore": true.',
        }),
      ];
    }
    if (engine.settings === 'invalid')
      return [report('warn', message, { why: `${engine.file} is not valid JSON: mend it first.` })];
    if (engine.process.argv.some((word) => word.startsWith('--live-restore'))) {
      return [
        report('warn', message, {
          why: 'The engine was started with --live-restore=false: start it without.',
        }),
      ];
    }
    return [
      report('warn', message, {
        fix: [...setCommands(host.uid, engine, { 'live-restore': true }), await reloadCommand(host, engine)],
      }),
    ];
  },
};
