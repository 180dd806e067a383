import type { NetworkTrace } from '../../../engine/engine.ts';
import { LABELS } from '../../../engine/labels.ts';
import type { Check, DoctorContext } from '../context.ts';
import { NO_ENGINE, reporter } from '../context.ts';
import { sudo } from '../commands.ts';
import type { Listener } from '../listeners.ts';

const report = reporter('host-access');
const SHOWN = 4;

/** What functions reach of this host through their network's gateway. Read from the kernel's tables; nothing is dialled. */
export const reachCheck: Check = {
  name: 'host-access',
  async run(context) {
    const { host, listeners, project, traces } = context;
    const [found, all] = await Promise.all([traces(), listeners()]);
    if (found === undefined) return [report('skipped', NO_ENGINE)];
    const networks = found.networks.filter(
      ({ labels, inUse }) => inUse && (project === undefined || labels[LABELS.root] === project.root),
    );
    if (networks.length === 0) return [report('ok', 'no function runs that could reach this host')];
    const open: { network: NetworkTrace; reached: readonly Listener[] }[] = [];
    for (const network of networks) {
      const reached = all.filter(
        ({ address }) => address === '0.0.0.0' || address === '::' || network.gateways.includes(address),
      );
      if (reached.length > 0 && !(await isGuarded(context, network))) open.push({ network, reached });
    }
    if (open.length === 0) return [report('ok', 'functions reach no TCP service of this host')];
    // Only root sees the firewall's rules.
    const state = host.uid === 0 ? 'warn' : 'ok';
    return open.map(({ network: { name, device, gateways }, reached }) => {
      const services = [
        ...new Set(
          reached.map(({ port, process }) =>
            process === undefined ? `port ${port}` : `${process.name} (port ${port})`,
          ),
        ),
      ];
      const more = services.length > SHOWN ? ` and ${services.length - SHOWN} more` : '';
      const unless = host.uid === 0 ? '' : ', unless a firewall forbids it';
      return report(
        state,
        `functions in ${name} reach this host at ${gateways.join(', ')}: ${services.slice(0, SHOWN).join(', ')}${more}${unless}`,
        {
          why: 'What listens on all addresses listens for containers too. The rule below lasts until the next boot, or until the network is made anew.',
          fix: [sudo(host.uid, rule(device))],
        },
      );
    });
  },
};

/** Only new connections: answers to what the host asks of a function still pass. */
function rule(device: string): string {
  return `iptables -I INPUT -i ${device} -p tcp -m conntrack --ctstate NEW -j DROP`;
}

/** Whether the firewall drops what comes from the network. */
async function isGuarded({ host }: DoctorContext, { device }: NetworkTrace): Promise<boolean> {
  const rules = (await host.output('iptables', ['-S', 'INPUT'])) ?? '';
  if (/^-P INPUT (?:DROP|REJECT)$/m.test(rules)) return true;
  return rules
    .split('\n')
    .some((text) => text.startsWith(`-A INPUT -i ${device} `) && /-j (?:DROP|REJECT)\b/.test(text));
}
