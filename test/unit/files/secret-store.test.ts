import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import { projectPaths } from '../../../src/core/paths.ts';
import type { ProjectPaths } from '../../../src/core/paths.ts';
import { MAX_SECRET_BYTES, openSecrets } from '../../../src/files/secret-store.ts';

function emptyProject(): ProjectPaths {
  const root = mkdtempSync(join(tmpdir(), 'faaso-secrets-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  return projectPaths(root, { uid: 0 });
}

const bytes = (text: string): Uint8Array => Buffer.from(text);

describe('the secrets of a project', () => {
  it('are none before one is set, and asking makes no folder', async () => {
    const paths = emptyProject();
    const secrets = openSecrets(paths);
    expect(await secrets.list()).toEqual([]);
    expect(await secrets.fingerprint('API_KEY')).toBe('');
    expect(await secrets.remove('API_KEY')).toBe(false);
    expect(await secrets.values([])).toEqual({});
    expect(readdirSync(join(paths.home, '..'))).toEqual([]);
  });

  it('come back byte for byte, listed by name with when they were set', async () => {
    const secrets = openSecrets(emptyProject());
    const value = Buffer.from([0, 255, 10, 13, 10]);
    await secrets.set('tls.key', value);
    await secrets.set('API_KEY', bytes('s3cret'));
    expect(await secrets.values(['API_KEY', 'tls.key'])).toEqual({
      API_KEY: bytes('s3cret'),
      'tls.key': value,
    });
    const listed = await secrets.list();
    expect(listed.map(({ name }) => name)).toEqual(['API_KEY', 'tls.key']);
    for (const { setAt } of listed) expect(Math.abs(setAt - Date.now())).toBeLessThan(60_000);
  });

  it('can be read by their owner alone, and no version control sees them', async () => {
    const paths = emptyProject();
    await openSecrets(paths).set('API_KEY', bytes('s3cret'));
    expect(statSync(paths.secrets).mode & 0o777).toBe(0o700);
    expect(statSync(join(paths.secrets, 'API_KEY')).mode & 0o777).toBe(0o600);
    expect(statSync(paths.secretsKey).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(paths.home, '.gitignore'), 'utf8')).toBe('*\n');
  });

  it('have a fingerprint that changes with the value and tells nothing of it', async () => {
    const [paths, others] = [emptyProject(), emptyProject()];
    const [secrets, other] = [openSecrets(paths), openSecrets(others)];
    await secrets.set('A', bytes('same'));
    const first = await secrets.fingerprint('A');
    expect(first).toMatch(/^[0-9a-f]{16}$/);
    await secrets.set('A', bytes('different'));
    expect(await secrets.fingerprint('A')).not.toBe(first);
    await secrets.set('A', bytes('same'));
    expect(await openSecrets(paths).fingerprint('A')).toBe(first);
    // Neither a second secret nor another project with the same value shows that they are equal.
    await secrets.set('B', bytes('same'));
    await other.set('A', bytes('same'));
    expect(new Set([first, await secrets.fingerprint('B'), await other.fingerprint('A')]).size).toBe(3);
  });

  it('stay untouched when the same value is set again', async () => {
    const secrets = openSecrets(emptyProject());
    await secrets.set('A', bytes('v'));
    const before = await secrets.list();
    await secrets.set('A', bytes('v'));
    expect(await secrets.list()).toEqual(before);
  });

  it('are told of all at once when several are not set, with what to type', async () => {
    const secrets = openSecrets(emptyProject());
    await secrets.set('A', bytes('v'));
    await expect(secrets.values(['A', 'B', 'C'])).rejects.toMatchObject({
      code: 'secret-missing',
      message: 'the secrets B, C are not set',
      hint: 'faaso secret set B, and the same for the others',
    });
    expect(await secrets.remove('A')).toBe(true);
    await expect(secrets.values(['A'])).rejects.toMatchObject({
      code: 'secret-missing',
      message: 'the secret A is not set',
      hint: 'faaso secret set A',
    });
  });

  it.each(['', '../key', 'a/b', '.hidden', '-n', 'a b', 'a'.repeat(64), 'ä'])(
    'are not named %j, whatever is asked of it',
    async (name) => {
      const paths = emptyProject();
      const secrets = openSecrets(paths);
      await secrets.set('A', bytes('v'));
      await expect(secrets.set(name, bytes('v'))).rejects.toMatchObject({ code: 'usage' });
      expect(await secrets.fingerprint(name)).toBe('');
      expect(await secrets.remove(name)).toBe(false);
      await expect(secrets.values([name])).rejects.toMatchObject({ code: 'secret-missing' });
      expect(readdirSync(paths.secrets)).toEqual(['A']);
    },
  );

  it('are neither empty nor larger than what fits, and an error does not quote them', async () => {
    const secrets = openSecrets(emptyProject());
    await expect(secrets.set('A', bytes(''))).rejects.toThrow('the value of A is empty');
    const large = Buffer.alloc(MAX_SECRET_BYTES + 1, 'x');
    await expect(secrets.set('A', large)).rejects.toThrow('the value of A has more than 500 KiB');
    expect(await secrets.list()).toEqual([]);
    await secrets.set('A', large.subarray(1));
    expect((await secrets.values(['A']))['A']?.length).toBe(MAX_SECRET_BYTES);
  });

  it('get one key however many are set at the same moment', async () => {
    const paths = emptyProject();
    const names = Array.from({ length: 8 }, (_, index) => `S${index}`);
    await Promise.all(names.map((name) => openSecrets(paths).set(name, bytes(name))));
    const secrets = openSecrets(paths);
    const prints = await Promise.all(names.map((name) => secrets.fingerprint(name)));
    expect(await Promise.all(names.map((name) => openSecrets(paths).fingerprint(name)))).toEqual(prints);
    expect((await secrets.list()).map(({ name }) => name)).toEqual(names);
  });

  it('get a new key when theirs is lost or cut short', async () => {
    const paths = emptyProject();
    const secrets = openSecrets(paths);
    await secrets.set('A', bytes('v'));
    const before = await secrets.fingerprint('A');
    writeFileSync(paths.secretsKey, 'short');
    const after = await secrets.fingerprint('A');
    expect(after).not.toBe(before);
    expect(await secrets.fingerprint('A')).toBe(after);
  });

  it('do not count what a killed write left, and the next write removes it', async () => {
    const paths = emptyProject();
    const secrets = openSecrets(paths);
    await secrets.set('A', bytes('v'));
    writeFileSync(join(paths.secrets, 'A.0123456789ab.tmp'), 'half');
    mkdirSync(join(paths.secrets, 'folder'));
    expect((await secrets.list()).map(({ name }) => name)).toEqual(['A']);
    await secrets.set('B', bytes('v'));
    expect(readdirSync(paths.secrets).sort()).toEqual(['A', 'B', 'folder']);
  });

  it.skipIf(process.getuid?.() === 0)('that are closed to this user are said to be so', async () => {
    const paths = emptyProject();
    const secrets = openSecrets(paths);
    await secrets.set('A', bytes('v'));
    chmodSync(paths.secrets, 0);
    await expect(secrets.values(['A'])).rejects.toMatchObject({ code: 'state-unreadable' });
    chmodSync(paths.secrets, 0o700);
  });
});
