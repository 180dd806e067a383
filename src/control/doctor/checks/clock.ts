import type { Check } from '../context.ts';
import { reporter } from '../context.ts';
import { sudo } from '../commands.ts';

const report = reporter('clock');
const SKEW_MS = 5000;
const BEHIND_MS = 120_000;

/** Whether this machine's clock agrees with the engine's and does not lie before what has happened. */
export const clockCheck: Check = {
  name: 'clock',
  async run({ host, known, traces, project }) {
    const before = host.now();
    const [info, found, applied] = await Promise.all([known(), traces(), project?.applied()]);
    const after = host.now();
    const newest = Math.max(
      0,
      ...(found?.containers ?? []).map(({ createdAt }) => createdAt),
      ...Object.values(applied?.functions ?? {}).map(({ current }) => current.appliedAt),
    );
    const service = (await host.names('/run/systemd')).includes('system')
      ? { fix: [sudo(host.uid, 'timedatectl set-ntp true')] }
      : { fix: [] };
    if (newest > after + BEHIND_MS) {
      const shown = [after, newest].map((at) => new Date(at).toISOString().slice(0, 19));
      return [
        report('fail', `set to ${shown[0] ?? ''}, before what was made at ${shown[1] ?? ''} (UTC)`, {
          why: 'Certificates are refused and ages are wrong until it is set. A time service keeps it right.',
          ...service,
        }),
      ];
    }
    // The engine's answer lies somewhere between the question and now.
    const skew =
      info === undefined ? 0 : Math.max(before - info.systemTime - SKEW_MS, info.systemTime - after, 0);
    if (skew > SKEW_MS) {
      return [
        report(
          'warn',
          `${Math.round(skew / 1000)} s apart from the engine's, whose logs carry its own time`,
          {
            why: "An engine in a virtual machine loses time while the host sleeps: restart it, or the machine's time service.",
            ...service,
          },
        ),
      ];
    }
    const engine = info === undefined ? '' : ', as the engine has it';
    return [report('ok', `${new Date(after).toISOString().slice(0, 16).replace('T', ' ')} UTC${engine}`)];
  },
};
