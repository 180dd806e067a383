import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { importTestImage } from '../../support/engine-image.ts';
import { MACHINE_LACKS, PrivateMachine } from '../../support/private-machine.ts';

/** Each case breaks the machine's engine, sees that doctor names it, types what doctor prints and sees it clear. */
describe.skipIf(MACHINE_LACKS !== '')(`doctor, of an engine and without a project,${MACHINE_LACKS}`, () => {
  let machine: PrivateMachine;

  beforeAll(async () => {
    machine = await PrivateMachine.start();
  });
  afterAll(() => machine.dispose());

  test('says how an engine that is installed is started', async () => {
    expect(await machine.mend('engine', /^installed, but it does not run$/)).toHaveProperty('state', 'fail');
    const [engine] = await machine.look('engine');
    expect(engine?.message).toMatch(/^Docker Engine \d.*, API 1\.\d+, BuildKit$/);
  });

  test('turns live-restore on without losing what the settings say', async () => {
    await machine.sh(`echo '{"max-concurrent-downloads": 2}' > /etc/docker/daemon.json`);
    expect(await machine.mend('live-restore', /a restart of the engine stops every function/)).toHaveProperty(
      'state',
      'warn',
    );
    expect(JSON.parse(await machine.sh('cat /etc/docker/daemon.json'))).toEqual({
      'max-concurrent-downloads': 2,
      'live-restore': true,
    });
  });

  test('advises against turning the userland proxy off beside containers of others', async () => {
    const image = await importTestImage(machine.docker);
    await machine.sh(`docker run -d --name stranger -e PORT=3000 -p 127.0.0.1:3000:3000 ${image}`);
    const [beside] = await machine.look('userland-proxy');
    expect(beside).toMatchObject({
      state: 'ok',
      fix: [],
      message: expect.stringMatching(/^on: .* 1 container/),
    });
    expect(beside?.why).toMatch(/NET_RAW/);
    await machine.sh('docker rm -f stranger');
  });

  test('turns the userland proxy off and keeps the other settings', async () => {
    const finding = await machine.mend('userland-proxy', /^on: /);
    expect(finding.state).toBe('warn');
    expect(finding.why).toMatch(/NET_RAW.*Functions go on during the restart/);
    expect(JSON.parse(await machine.sh('cat /etc/docker/daemon.json'))).toEqual({
      'max-concurrent-downloads': 2,
      'live-restore': true,
      'userland-proxy': false,
    });
    expect(await machine.look('live-restore')).toMatchObject([{ state: 'ok' }]);
  });

  test('leaves live-restore off in a swarm, where it cannot be on', async () => {
    await machine.sh(`echo '{"live-restore": false}' > /etc/docker/daemon.json && pkill -HUP -x dockerd`);
    await machine.sh('until docker info | grep -q "Live Restore Enabled: false"; do sleep 0.1; done');
    await machine.sh('docker swarm init --advertise-addr 127.0.0.1');
    expect(await machine.look('live-restore')).toMatchObject([{ state: 'ok', fix: [] }]);
    await machine.sh('docker swarm leave --force');
  });

  test('names an engine that hangs within its time and brings it back', async () => {
    await machine.sh('pkill -STOP -x dockerd');
    const began = performance.now();
    const { findings, failed } = await machine.doctor();
    expect(performance.now() - began).toBeLessThan(15_000);
    expect(failed).toBe(true);
    expect(findings.filter(({ state }) => state === 'fail')).toHaveLength(1);
    expect(await machine.mend('engine', /^it hangs: /)).toHaveProperty('state', 'fail');
  });

  test('tells a user without rights how to get them', async () => {
    await machine.sh(
      'groupadd -f docker && useradd --no-create-home t-user && pkill -TERM -x dockerd; sleep 1',
    );
    await machine.startEngine();
    const user = { user: 't-user', cwd: '/tmp' };
    // The group counts in new sessions only, and that is what every look here is.
    const found = await machine.look('engine', user);
    expect(found).toMatchObject([
      {
        state: 'fail',
        message: '/var/run/docker.sock is closed to this user',
        fix: ['sudo usermod -aG docker "$USER"', 'newgrp docker'],
      },
    ]);
    await machine.sh(`USER=t-user; ${found[0]?.fix[0] ?? ''}`);
    await machine.clear('engine', user);
  });

  test('refuses an engine elsewhere and says how to come back', async () => {
    const away = 'export DOCKER_HOST=tcp://192.0.2.1:2375;';
    const { code, stdout } = await machine.shell(`${away} faaso doctor`);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^FAIL {2}engine .*DOCKER_HOST=tcp:\/\/192\.0\.2\.1:2375 is refused/);
    expect(stdout).toContain('\n        unset DOCKER_HOST\n');
    expect(stdout).toMatch(/\n- {5}not looked at: live-restore, [^]*\(the\s+engine does not answer\)\n/);
    const { stdout: after } = await machine.shell(`${away} unset DOCKER_HOST; faaso doctor`);
    expect(after).toMatch(/^ok {4}engine /);
  });

  test("finds the engine's disk full and sees it clear after its command", async () => {
    await machine.sh(
      'head -c 452M /dev/zero > /run/fill && tar -C /run -c fill | docker import - && rm /run/fill',
    );
    const [disk] = await machine.look('disk');
    expect(disk).toMatchObject({
      state: 'fail',
      message: expect.stringMatching(/^\/var\/lib\/docker \d\d % full \(\d+ MB left\); builds fail$/),
      fix: ['docker system df', 'docker image prune'],
    });
    for (const command of disk?.fix ?? []) await machine.sh(`yes | ${command}`);
    await machine.clear('disk');
  });
});
