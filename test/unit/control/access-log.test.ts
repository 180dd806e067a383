import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';

import { readAccessLog } from '../../../src/control/access-log.ts';
import type { AccessLogRequest } from '../../../src/control/api.ts';
import { projectPaths } from '../../../src/core/paths.ts';
import type { ProjectPaths } from '../../../src/core/paths.ts';

const line = (id: string, name: string | null = 'sum', minute = 0): string =>
  `${JSON.stringify({ time: `2026-11-21T07:0${minute}:00.000Z`, request_id: id, function: name })}\n`;

describe('the access log', () => {
  let paths: ProjectPaths;
  let ids: string[];
  let isOff: boolean;
  beforeEach(() => {
    const root = mkdtempSync(join(tmpdir(), 't-access-log-'));
    onTestFinished(() => rmSync(root, { recursive: true, force: true }));
    paths = projectPaths(root, { uid: 0, run: join(root, 'run') });
    mkdirSync(paths.state, { recursive: true });
    const current = { function: 'sum', routes: [{ path: '/sum', accessLog: true }] };
    const functions = { sum: { current, earlier: [] } };
    writeFileSync(paths.applied, JSON.stringify({ format: 1, functions, router: {} }));
    [ids, isOff] = [[], false];
  });

  const read = async (
    more: Partial<AccessLogRequest> = {},
    signal = AbortSignal.abort(),
  ): Promise<string[]> => {
    const reader = {
      onLine: (item: object) =>
        void ids.push('request_id' in item ? String(item.request_id) : `lost ${JSON.stringify(item)}`),
      onOff: () => void (isOff = true),
    };
    await readAccessLog(paths, { names: [], follow: false, ...more }, reader, signal);
    return ids;
  };

  test('is read from its earlier part on; what was torn is left out', async () => {
    writeFileSync(`${paths.accessLog}.1`, line('a') + line('b', null));
    writeFileSync(paths.accessLog, `${line('c').slice(0, 20)}\n${line('d')}${line('e').slice(0, -5)}`);
    expect(await read()).toEqual(['a', 'b', 'd']);
    expect(isOff).toBe(false);
  });

  test('has only what is asked for', async () => {
    writeFileSync(
      paths.accessLog,
      line('a', 'sum', 1) + line('b', null, 2) + line('c', 'sum', 3) + line('d', 'sum', 4),
    );
    expect(await read({ names: ['sum'], tail: 2 })).toEqual(['c', 'd']);
    ids = [];
    expect(await read({ since: Date.parse('2026-11-21T07:02:00Z') })).toEqual(['b', 'c', 'd']);
    ids = [];
    expect(await read({ grep: /"(a|d)"/, tail: 1 })).toEqual(['d']);
    await expect(read({ names: ['sun'] })).rejects.toMatchObject({ code: 'function-unknown' });
  });

  test('says so where nothing is logged', async () => {
    rmSync(paths.applied);
    expect(await read()).toEqual([]);
    expect(isOff).toBe(true);
  });

  test('is followed also while it begins anew, without a line lost or told twice', async () => {
    writeFileSync(paths.accessLog, line('a') + line('b'));
    const end = new AbortController();
    const done = read({ follow: true, tail: 1 }, end.signal);
    await expect.poll(() => ids).toEqual(['b']);
    appendFileSync(paths.accessLog, line('c').slice(0, 10));
    appendFileSync(paths.accessLog, line('c').slice(10) + line('d'));
    // What the router does once it is long enough, right after its last line.
    copyFileSync(paths.accessLog, `${paths.accessLog}.1`);
    truncateSync(paths.accessLog);
    appendFileSync(paths.accessLog, line('e'));
    await expect.poll(() => ids, { timeout: 5000 }).toEqual(['b', 'c', 'd', 'e']);
    end.abort();
    await done;
  });
});
