import { GVISOR_RUNTIME } from '../../../engine/engine.ts';
import type { Check } from '../context.ts';
import { NO_ENGINE, reporter } from '../context.ts';
import { sudo } from '../commands.ts';
import { findDockerd, reloadCommand, setCommands } from '../dockerd.ts';

const report = reporter('isolation');
const PROGRAMS = ['/usr/bin', '/usr/local/bin', '/usr/sbin'];

/** Whether the engine has gVisor where a function asks for it. */
export const isolationCheck: Check = {
  name: 'isolation',
  async run({ host, known, project }) {
    const info = await known();
    if (info === undefined) return [report('skipped', NO_ENGINE)];
    const has = info.runtimes.includes(GVISOR_RUNTIME);
    const loaded = await project?.loaded().catch(() => undefined);
    const asking = (loaded?.project.functions ?? []).filter((fn) => fn.container.isolation === 'gvisor');
    const names = asking.map((fn) => fn.name).join(', ');
    if (has) return [report('ok', names === '' ? 'the engine has gVisor' : `gVisor is there for ${names}`)];
    if (names === '') return [report('ok', 'no function asks for gVisor')];
    const message = `${names}: isolation is gvisor, which the engine does not have`;
    const engine = await findDockerd(host);
    if (engine === undefined || engine.settings === 'invalid')
      return [report('fail', message, { why: 'gvisor.dev/docs/user_guide/install' })];
    const folders = await Promise.all(
      PROGRAMS.map(async (folder) =>
        (await host.names(folder)).includes(GVISOR_RUNTIME) ? folder : undefined,
      ),
    );
    const folder = folders.find((each) => each !== undefined);
    const before = engine.settings?.['runtimes'];
    const runtimes = {
      ...(typeof before === 'object' ? before : {}),
      [GVISOR_RUNTIME]: { path: `${folder ?? PROGRAMS[0] ?? ''}/${GVISOR_RUNTIME}` },
    };
    return [
      report('fail', message, {
        why: 'It cannot be started until then. Where there is no package: gvisor.dev/docs/user_guide/install',
        fix: [
          ...(folder === undefined ? [sudo(host.uid, 'apt-get install runsc')] : []),
          ...setCommands(host.uid, engine, { runtimes }),
          await reloadCommand(host, engine),
        ],
      }),
    ];
  },
};
