import { describe, expect, it } from 'vitest';

import { isLoopback } from '../../../../src/core/listening.ts';
import { listeners, named } from '../../../../src/control/doctor/listeners.ts';
import { fakeHost } from '../../../support/fake-host.ts';

const HEAD =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';
const row = (local: string, state: string, inode: number): string =>
  `   0: ${local} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000     0        0 ${inode} 1\n`;

describe('who listens', () => {
  it("is read from the kernel's tables, with the process where it may be seen", async () => {
    const host = fakeHost({
      '/proc/net/tcp':
        HEAD + row('0100007F:1F90', '0A', 7) + row('00000000:0016', '0A', 8) + row('0100007F:0050', '01', 9),
      '/proc/net/tcp6':
        HEAD +
        row('00000000000000000000000000000000:01BB', '0A', 10) +
        row('00000000000000000000000001000000:0019', '0A', 11) +
        row('0000000000000000FFFF00000100007F:0035', '0A', 12),
      '/proc/12/comm': 'nginx\n',
      '/proc/12/cmdline': 'nginx\0-g\0daemon off;\0',
      '/proc/12/fd/3': '→ socket:[7]',
      '/proc/13/comm': 'nginx\n',
      '/proc/13/cmdline': 'nginx: worker\0',
      '/proc/13/fd/3': '→ socket:[7]',
    });
    const all = await listeners(host);
    expect(all.map(({ address, port }) => `${address} ${port}`)).toEqual([
      '0.0.0.0 22',
      '::1 25',
      '::ffff:127.0.0.1 53',
      ':: 443',
      '127.0.0.1 8080',
    ]);
    expect(all.map(named)).toEqual([
      ...Array.from({ length: 4 }, () => "another user's process"),
      'nginx (pid 12)',
    ]);
  });

  it('is reached from elsewhere unless the address is a loopback one', () => {
    expect(['127.0.0.1', '127.8.8.8', '::1', '::ffff:127.0.0.1'].every(isLoopback)).toBe(true);
    expect(['0.0.0.0', '::', '172.17.0.1', 'fe80::1'].some(isLoopback)).toBe(false);
  });

  it('is nobody where the tables cannot be read', async () => {
    expect(await listeners(fakeHost({ '/proc/x': '' }))).toEqual([]);
  });
});
