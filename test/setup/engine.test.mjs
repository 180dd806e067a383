import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { failOnError, ping, splitTag, tidyVersion } from '../../src/setup/docker-api.mjs';
import {
  addGvisor,
  decideSettings,
  ownerOfDaemonJson,
  writeDaemonJson,
} from '../../src/setup/engine-config.mjs';
import { findEngine, socketCandidates } from '../../src/setup/engine-find.mjs';
import { engineEnv, pidOf } from '../../src/setup/engine-start.mjs';
import { whyNot } from '../../src/setup/gvisor.mjs';
import { tempFolder } from '../support/temp-folder.ts';

const entry = () => ({ path: '/usr/bin/runsc', runtimeArgs: ['--platform=ptrace', '--network=host'] });
const OURS = '{ "userland-proxy": false, "live-restore": true }';

describe('where an engine is looked for', () => {
  test('the usual socket comes first, then those of this user', () => {
    const found = socketCandidates({ XDG_RUNTIME_DIR: '/run/user/7' }, '/home/ada');
    expect(found.slice(0, 3)).toEqual([
      '/var/run/docker.sock',
      '/run/user/7/docker.sock',
      '/home/ada/.docker/run/docker.sock',
    ]);
  });

  test('DOCKER_HOST is the only candidate when it is set', () => {
    expect(socketCandidates({ DOCKER_HOST: 'unix:///tmp/x.sock' }, '/root')).toEqual(['/tmp/x.sock']);
  });

  test.each(['tcp://10.0.0.1:2375', 'ssh://ada@host', 'unix://relative', 'nonsense'])(
    'DOCKER_HOST=%s is refused: it is not an engine on this machine',
    (host) => expect(() => socketCandidates({ DOCKER_HOST: host })).toThrow('not an engine on this machine'),
  );

  test('only an answer counts: a missing, a dead and a failing socket are passed over', async () => {
    const folder = tempFolder();
    const failing = await listen(join(folder, 'failing.sock'), 500);
    const good = await listen(join(folder, 'good.sock'), 200);
    const plainFile = join(folder, 'file.sock');
    writeFileSync(plainFile, '');
    const { socket, states } = await findEngine([join(folder, 'none.sock'), plainFile, failing, good]);
    expect(socket).toBe(good);
    expect([...states.values()]).toEqual(['absent', 'dead', 'silent', 'answers']);
  });

  test('an engine that takes the connection and never answers is silent', async () => {
    const path = join(tempFolder(), 'hung.sock');
    await listen(path, undefined);
    expect(await ping(path, 100)).toBe('silent');
  });
});

describe('whose daemon.json it is', () => {
  test.each([
    [undefined, 'absent'],
    [OURS, 'ours'],
    ['{}', 'foreign'],
    ['{ "live-restore": true, "userland-proxy": false, "debug": true }', 'foreign'],
    ['not json', 'foreign'],
  ])('%s is %s', (text, owner) => expect(ownerOfDaemonJson(text)).toBe(owner));

  test.each([
    ['with the gVisor that tests add', { runtimes: { runsc: entry() } }, 'ours'],
    ['with gVisor registered otherwise', { runtimes: { runsc: { path: '/usr/bin/runsc' } } }, 'foreign'],
    ['with a second runtime', { runtimes: { runsc: entry(), kata: { path: '/x' } } }, 'foreign'],
  ])('ours %s', (_, more, owner) =>
    expect(ownerOfDaemonJson(JSON.stringify({ ...JSON.parse(OURS), ...more }))).toBe(owner),
  );

  test('gVisor is added to a file of ours, and no other is touched', () => {
    const file = join(tempFolder(), 'daemon.json');
    writeDaemonJson(file);
    addGvisor('/usr/bin/runsc', file);
    const added = readFileSync(file, 'utf8');
    expect(JSON.parse(added)).toEqual({ ...JSON.parse(OURS), runtimes: { runsc: entry() } });
    addGvisor('/usr/bin/runsc', file);
    expect(readFileSync(file, 'utf8')).toBe(added);
    const foreign = join(tempFolder(), 'daemon.json');
    addGvisor('/usr/bin/runsc', foreign);
    expect(() => readFileSync(foreign)).toThrow('ENOENT');
    writeFileSync(foreign, '{ "debug": true }');
    addGvisor('/usr/bin/runsc', foreign);
    expect(readFileSync(foreign, 'utf8')).toBe('{ "debug": true }');
  });

  test.each([
    [{ ours: true, mayInstall: true }, undefined],
    [{ ours: false, mayInstall: true }, 'this engine is not one that faaso set up'],
    [{ ours: true, mayInstall: false }, 'only root may install it'],
  ])('an engine that is %j', (found, reason) => expect(whyNot(found)).toBe(reason));

  test('what is written is ours, and never replaces a file', () => {
    const file = join(tempFolder(), 'docker/daemon.json');
    writeDaemonJson(file);
    expect(ownerOfDaemonJson(readFileSync(file, 'utf8'))).toBe('ours');
    expect(() => writeDaemonJson(file)).toThrow('EEXIST');
  });
});

describe('settings of an engine that is started', () => {
  test('one that this run installs gets our file', () => {
    expect(decideSettings({ text: undefined, installing: true })).toEqual({ write: true, flags: [] });
  });

  test('beside a foreign file they become flags, for keys that the file leaves open', () => {
    expect(decideSettings({ text: '{"live-restore": false}', installing: true })).toEqual({
      write: false,
      flags: ['--userland-proxy=false'],
    });
  });

  test.each([undefined, '{"debug": true}', OURS])(
    'one that was there before is started as it is: %s',
    (text) => {
      expect(decideSettings({ text, installing: false })).toEqual({ write: false, flags: [] });
    },
  );
});

describe('small parts', () => {
  test('a pid file counts only while its process lives and is the right program', () => {
    const file = join(tempFolder(), 'x.pid');
    writeFileSync(file, String(process.pid));
    expect(pidOf(file, 'dockerd')).toBeUndefined();
    writeFileSync(file, '');
    expect(pidOf(file, 'dockerd')).toBeUndefined();
    expect(pidOf(`${file}.none`, 'dockerd')).toBeUndefined();
  });

  test('the engine sees proxies and certificates, not the variables of npm or secrets of a shell', () => {
    const env = engineEnv({
      HTTPS_PROXY: 'p',
      no_proxy: 'n',
      SSL_CERT_FILE: 'c',
      npm_config_x: 'x',
      TOKEN: 't',
    });
    expect(Object.keys(env).sort()).toEqual(['HTTPS_PROXY', 'PATH', 'SSL_CERT_FILE', 'no_proxy']);
  });

  test.each([
    ['faaso/base-node:bookworm', { repo: 'faaso/base-node', version: 'bookworm' }],
    ['localhost:5000/x', { repo: 'localhost:5000/x', version: 'latest' }],
    ['localhost:5000/x:1', { repo: 'localhost:5000/x', version: '1' }],
  ])('%s is split into repository and tag', (tag, parts) => expect(splitTag(tag)).toEqual(parts));

  test('versions are shown without the tail of a distribution', () => {
    expect(['20.10.24+dfsg1', '28.2.2', 'dev'].map(tidyVersion)).toEqual(['20.10', '28.2', 'dev']);
  });

  test('an error in the stream of a successful answer is an error', () => {
    const text = '{"status":"Pulling"}\n{"error":"no such host"}\n';
    expect(() => failOnError({ status: 200, text }, 'pull x')).toThrow('could not pull x: no such host');
    expect(() => failOnError({ status: 500, text: '{"message":"broken"}' }, 'pull x')).toThrow('broken');
    expect(() => failOnError({ status: 200, text: '{"status":"done"}\n' }, 'pull x')).not.toThrow();
  });
});

async function listen(path, status) {
  const server = createServer((_, res) => {
    if (status !== undefined) res.writeHead(status).end();
  });
  await new Promise((resolve) => server.listen(path, resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return path;
}
