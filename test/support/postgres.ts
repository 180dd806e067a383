import { randomBytes } from 'node:crypto';

import { docker } from './local-engine.ts';
import { until } from './until.ts';

/** Debian's PostgreSQL, as the image of a database would run: by its own user, open to its network alone. */
const SCRIPT = `
set -e
apt-get update -qq
apt-get install -y -qq --no-install-recommends postgresql > /dev/null 2>&1
bin=$(echo /usr/lib/postgresql/*/bin)
cd /tmp
su postgres -c "$bin/initdb -D /tmp/data -A trust > /dev/null"
echo 'host all all all trust' >> /tmp/data/pg_hba.conf
exec su postgres -c "exec $bin/postgres -D /tmp/data -c listen_addresses='*' -c unix_socket_directories=/tmp"
`;

export interface Postgres {
  /** The network that it is in, as `db`. */
  readonly network: string;
  readonly close: () => Promise<void>;
}

/** Starts a PostgreSQL in a network of its own, and waits until it takes connections. */
export async function startPostgres(): Promise<Postgres> {
  const network = `aaa-${randomBytes(4).toString('hex')}`;
  const labels = { 'faaso.test': '1' };
  const { id } = await docker.createNetwork({ Name: network, Labels: labels });
  const container = await docker.createContainer({
    Image: 'faaso/base-debian:bookworm',
    Cmd: ['sh', '-c', SCRIPT],
    Labels: labels,
    HostConfig: { NetworkMode: network },
    NetworkingConfig: { EndpointsConfig: { [network]: { Aliases: ['db'] } } },
  });
  const close = async (): Promise<void> => {
    await container.remove({ force: true, v: true });
    await docker.getNetwork(id).remove();
  };
  try {
    await container.start();
    const said = async (): Promise<string> =>
      (await container.logs({ stdout: true, stderr: true, follow: false })).toString();
    const ready = async (): Promise<boolean> => {
      if (!(await container.inspect()).State.Running) throw new Error(`PostgreSQL ended: ${await said()}`);
      return (await said()).includes('ready to accept connections');
    };
    await until('PostgreSQL is ready', ready, 120_000);
    return { network, close };
  } catch (error) {
    await close();
    throw error;
  }
}
