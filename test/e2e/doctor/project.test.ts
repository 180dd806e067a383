import { chmodSync, chownSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { importEmptyImage, importTestImage } from '../../support/engine-image.ts';
import { lacking, MACHINE_LACKS, PrivateMachine } from '../../support/private-machine.ts';
import { startRegistry } from '../../support/registry.ts';
import { until } from '../../support/until.ts';

/** Each case breaks something of a project that serves, sees that doctor names it, types what it prints and sees it clear. */
describe.skipIf(MACHINE_LACKS !== '')(
  `doctor, in the folder of a project that serves,${MACHINE_LACKS}`,
  () => {
    let machine: PrivateMachine;
    let image: string;
    let root: string;
    const here = (): { cwd: string } => ({ cwd: root });

    const configure = (
      change: { readonly ports?: string; readonly f?: Readonly<Record<string, unknown>> } = {},
    ): void => {
      const lines = [
        'name: t-doctor',
        `ports: ${change.ports ?? '20000-20099'}`,
        'router:',
        '  listen: 127.0.0.1:8080',
        'routes: { /f: f }',
        `functions: ${JSON.stringify({ f: { image, port: 3000, ...change.f } })}`,
      ];
      writeFileSync(join(root, 'functions.yml'), `${lines.join('\n')}\n`);
    };
    const apply = async (): Promise<string> => await machine.sh('faaso apply', here());
    /** A program that has nothing to do with faaso; ends it. */
    const listen = async (address: string, port: number): Promise<() => Promise<unknown>> => {
      const program = `require("net").createServer((s) => s.end("hello")).listen(${port}, "${address}")`;
      const run = `setsid --fork '${process.execPath}' -e '${program}' stranger-${port} > /dev/null 2>&1 < /dev/null`;
      await machine.sh(`${run}; until ss -ltn | grep -q ':${port} '; do sleep 0.05; done`);
      return async () => await machine.sh(`pkill -f 'stranger-${port}$'; true`);
    };

    beforeAll(async () => {
      machine = await PrivateMachine.start();
      await machine.sh(`echo '{"live-restore":true,"userland-proxy":false}' > /etc/docker/daemon.json`);
      await machine.startEngine();
      image = await importTestImage(machine.docker);
      root = join(machine.folder, 't-doctor');
      mkdirSync(root);
      configure();
      await apply();
    });
    afterAll(async () => {
      await machine.shell('faaso down', here());
      await machine.dispose();
    });

    test('finds nothing where nothing is wrong', async () => {
      const { findings, failed } = await machine.doctor(here());
      const odd = findings.filter(({ state }) => state === 'warn' || state === 'fail');
      expect(odd).toEqual([]);
      expect(failed).toBe(false);
      const { stdout } = await machine.shell('faaso doctor', here());
      expect(stdout).toMatch(/\n\n19 checks, nothing needs attention\.\n$/);
    });

    test('changes nothing: not a file, a container or a process', async () => {
      const state = [
        `find . -printf '%p %T@ %m %s\\n' | sort`,
        `docker ps -a --no-trunc --format '{{.ID}} {{.State}}'`,
        'ls -lR /run/faaso',
        'pgrep -x node',
      ].join('; ');
      const before = await machine.sh(state, here());
      await machine.doctor(here());
      await machine.shell('faaso doctor', { cwd: '/' });
      expect(await machine.sh(state, here())).toBe(before);
    });

    test('names a daemon that is gone, and one that hangs', async () => {
      const pid = async (): Promise<string> => await machine.sh('pgrep -f [c]ontrol/main.js', here());
      await machine.sh(`kill -KILL ${await pid()}`);
      expect(await machine.mend('daemon', /^none runs/, here())).toHaveProperty('state', 'fail');
      await machine.sh(`kill -STOP ${await pid()}`);
      expect(await machine.mend('daemon', /^does not answer/, here())).toHaveProperty('state', 'fail');
    });

    test('names a router that is gone', async () => {
      await machine.sh('pkill -KILL -f [c]ontrol/main.js; pkill -KILL -f [r]outer/builtin/main.js; true');
      expect(await machine.mend('router', /^does not run/, here())).toHaveProperty('state', 'fail');
    });

    test("names who holds the router's address and gives it another", async () => {
      await machine.sh('faaso down', here());
      const end = await listen('127.0.0.1', 8080);
      const finding = await machine.mend('router', /^127\.0\.0\.1:8080 is held by node \(pid \d+\)$/, here());
      expect(finding.state).toBe('fail');
      expect(finding.fix[0]).toContain('127.0.0.1:8081');
      expect(await machine.get('http://127.0.0.1:8081/f')).toBe('hello from f');
      await end();
      configure();
      await apply();
    });

    test('names who listens in the range of ports and moves the range out of the way', async () => {
      const end = await listen('127.0.0.1', 20_050);
      const finding = await machine.mend(
        'ports',
        /^held in 20000-20099 .*20050 by node \(pid \d+\)$/,
        here(),
      );
      expect(finding.state).toBe('warn');
      expect(finding.fix).toHaveLength(2);
      expect(readFileSync(join(root, 'functions.yml'), 'utf8')).toContain('ports: 21000-21099');
      await end();
      configure();
      await apply();
    });

    test('reserves ports that the kernel would give to others', async () => {
      configure({ ports: '40000-40099' });
      await machine.sh('sysctl -q -w net.ipv4.ip_local_reserved_ports=9000-9001');
      expect(await machine.mend('ports', /^40000-40099 overlaps 32768-60999/, here())).toHaveProperty(
        'state',
        'warn',
      );
      expect(await machine.sh('cat /proc/sys/net/ipv4/ip_local_reserved_ports')).toBe(
        '9000-9001,40000-40099',
      );
      configure();
    });

    test('raises a limit of inotify that the project does not fit in', async () => {
      // A file of the machine's own in the kernel's place: the limit itself is everybody's.
      await machine.sh(
        'echo 0 > /run/watches; mount --bind /run/watches /proc/sys/fs/inotify/max_user_watches',
      );
      expect(
        await machine.mend('inotify', /of 0 watches .*; this project takes \d+$/, here()),
      ).toHaveProperty('state', 'warn');
      expect(await machine.sh('cat /run/watches')).toBe('524288');
      await machine.sh('umount /proc/sys/fs/inotify/max_user_watches');
    });

    test('names a container that is open to the network past the router', async () => {
      const labels = `--label faaso.managed=true --label faaso.project=t-doctor --label faaso.root=${root}`;
      await machine.sh(`docker run -d --name by-hand -e PORT=3000 -p 0.0.0.0:9999:3000 ${labels} ${image}`);
      expect(
        await machine.mend(
          'exposure',
          /^by-hand is open to the network at 0\.0\.0\.0:9999, past the router$/,
          here(),
        ),
      ).toHaveProperty('state', 'fail');
      expect(await machine.sh('docker ps -a --format "{{.Names}}"')).not.toContain('by-hand');
    });

    test('tells which services of this host functions reach, and closes the way', async () => {
      const end = await listen('0.0.0.0', 9229);
      const [found] = await machine.look('host-access', here());
      const gateway = /at ([\d.]+):/.exec(found?.message ?? '')?.[1] ?? '';
      const reach = async (): Promise<string> =>
        await machine.sh(
          `docker exec $(docker ps -q --filter label=faaso.function=f) /node -e 'const s = require("net").connect(9229, "${gateway}").setTimeout(1500, () => { console.log("late"); process.exit() }); s.on("data", (d) => { console.log(String(d)); process.exit() }); s.on("error", (e) => { console.log(e.code); process.exit() })'`,
        );
      expect(await reach()).toBe('hello');
      expect(
        await machine.mend('host-access', /reach this host at [\d.]+: .*node \(port 9229\)/, here()),
      ).toHaveProperty('state', 'warn');
      expect(await reach()).toBe('late');
      await machine.sh('iptables -F INPUT');
      await end();
    });

    test('closes state and sockets that others may read, and files that another user owns', async () => {
      const secret = join(root, '.faaso/data/secrets/KEY');
      mkdirSync(join(root, '.faaso/data/secrets'), { recursive: true, mode: 0o700 });
      writeFileSync(secret, 'x', { mode: 0o600 });
      for (const path of ['.faaso', '.faaso/data', '.faaso/data/secrets'].map((name) => join(root, name)))
        chmodSync(path, 0o700);
      chmodSync(secret, 0o644);
      expect(
        await machine.mend('files', /secrets\/KEY is open to other users \(mode 644\)$/, here()),
      ).toHaveProperty('state', 'fail');
      chmodSync(join(root, '.faaso'), 0o755);
      expect(
        await machine.mend('files', /\.faaso is open to other users \(mode 755\)$/, here()),
      ).toHaveProperty('state', 'fail');
      await machine.sh('chmod 777 /run/faaso/*/control.sock');
      expect(
        await machine.mend('files', /control\.sock is open to other users \(mode 777\)$/, here()),
      ).toHaveProperty('state', 'fail');
      chownSync(secret, 12_345, 12_345);
      expect(
        await machine.mend('files', /secrets\/KEY belongs to user 12345, the rest to root$/, here()),
      ).toHaveProperty('state', 'warn');
    });

    test('finds what is left of projects whose folder is gone, and of writers that were killed', async () => {
      const labels = { 'faaso.managed': 'true', 'faaso.project': 't-gone', 'faaso.root': '/gone/t-gone' };
      const flags = Object.entries(labels)
        .map(([key, value]) => `--label ${key}=${value}`)
        .join(' ');
      await importEmptyImage(machine.docker, 'faaso/t-gone/f:1', labels);
      await machine.sh(
        `docker network create ${flags} faaso-t-gone; docker run -d --name gone --network faaso-t-gone -e PORT=1 ${flags} ${image}`,
      );
      const old = new Date(Date.now() - 3_600_000);
      await machine.sh('mkdir /run/faaso/0123456789ab && touch -d "1 hour ago" /run/faaso/0123456789ab');
      const half = join(root, '.faaso/state/applied.json.0123456789ab.tmp');
      writeFileSync(half, '{');
      utimesSync(half, old, old);
      const found = await machine.look('leftovers', here());
      expect(found.map(({ message }) => message)).toEqual([
        `nothing of this project needs folder /run/faaso/0123456789ab, file ${half}`,
        'container left: gone, /gone/t-gone is gone',
        'network left: faaso-t-gone, /gone/t-gone is gone',
        'image left: faaso/t-gone/f:1, /gone/t-gone is gone',
      ]);
      expect(found[0]?.fix).toEqual(['faaso prune']);
      for (const { fix } of found) for (const command of fix) await machine.sh(command, here());
      await machine.clear('leftovers', here());
      expect(await machine.get('http://127.0.0.1:8080/f')).toBe('hello from f');
    });

    test('names what the project does not need any more, and leaves it to prune', async () => {
      const tag = 'faaso/t-doctor/f:0123456789abcdef';
      await importEmptyImage(machine.docker, tag, {
        'faaso.managed': 'true',
        'faaso.project': 't-doctor',
        'faaso.root': root,
        'faaso.function': 'f',
      });
      const finding = await machine.mend('leftovers', /^nothing of this project needs image /, here());
      expect(finding).toMatchObject({ state: 'warn', fix: ['faaso prune'] });
      expect(finding.message).toContain(tag);
    });

    test('names a function that cannot run, and where its log is', async () => {
      await machine.sh(`docker tag ${image} t-kept:1 && docker rmi ${image}`);
      await machine.sh('docker rm -f $(docker ps -q --filter label=faaso.function=f)');
      const ill = await until('f is named', async () =>
        (await machine.look('functions', here())).find(({ state }) => state === 'warn' || state === 'fail'),
      );
      expect(ill).toMatchObject({
        message: expect.stringMatching(/^f is [a-z-]+: /),
        fix: ['faaso logs f --tail 50'],
      });
      await machine.sh(ill.fix[0] ?? '', here());
      await machine.sh(`docker tag t-kept:1 ${image} && docker rmi t-kept:1`);
      await machine.clear('functions', here());
      expect(await machine.get('http://127.0.0.1:8080/f')).toBe('hello from f');
    });

    test('names an image that the engine lacks, and pulls it', async () => {
      const socket = join(machine.folder, 'registry.sock');
      const registry = await startRegistry(socket);
      const program = `const { connect, createServer } = require("net"); createServer((s) => s.pipe(connect("${socket}")).pipe(s).on("error", () => s.destroy())).listen(5000, "127.0.0.1")`;
      await machine.sh(
        `setsid --fork '${process.execPath}' -e '${program}' > /dev/null 2>&1 < /dev/null; until ss -ltn | grep -q ':5000 '; do sleep 0.05; done`,
      );
      const pulled = '127.0.0.1:5000/private/hello:1';
      configure({ f: { image: pulled } });
      expect(
        await machine.mend(
          'images',
          /^127\.0\.0\.1:5000\/private\/hello:1, which f needs, is not on the engine yet$/,
          here(),
        ),
      ).toHaveProperty('state', 'warn');
      configure();
      await registry.close();
    });

    const noGvisor = lacking(['runsc']);
    test.skipIf(noGvisor !== '')(
      `gives the engine gVisor where a function asks for it${noGvisor}`,
      async () => {
        configure({ f: { isolation: 'gvisor' } });
        expect(
          await machine.mend('isolation', /^f: isolation is gvisor, which the engine does not have$/, here()),
        ).toHaveProperty('state', 'fail');
        expect(JSON.parse(await machine.sh('cat /etc/docker/daemon.json'))).toMatchObject({
          'live-restore': true,
        });
        configure();
      },
    );

    test('names files that are not valid, and what goes on meanwhile', async () => {
      writeFileSync(join(root, 'functions.yml'), 'name: t-doctor\nrotes: {}\n');
      const [found] = await machine.look('project', here());
      expect(found).toMatchObject({
        state: 'fail',
        message: 'functions.yml:2:1  unknown key "rotes"; did you mean "routes"?',
        fix: ['faaso validate'],
      });
      configure();
      await machine.clear('project', here());
    });

    test('writes a unit where systemd runs and nothing brings the functions back at boot', async () => {
      await machine.sh('mkdir -p /run/systemd/system');
      const [found] = await machine.look('boot', here());
      expect(found).toMatchObject({ state: 'warn', message: expect.stringContaining('t-doctor') });
      // Of a systemd that is only pretended; it works on the files alone then.
      for (const command of found?.fix ?? [])
        await machine.sh(`export SYSTEMD_OFFLINE=1; ${command}`, here());
      await machine.clear('boot', here());
      expect(
        await machine.sh(
          'systemd-analyze verify /etc/systemd/system/faaso-t-doctor.service 2>&1 | grep -c faaso-t-doctor; true',
        ),
      ).toBe('0');
      await machine.sh('rmdir /run/systemd/system');
    });
  },
);
