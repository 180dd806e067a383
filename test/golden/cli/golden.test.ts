/**
 * Each `*.golden` file is one use of the CLI: the command line and what happens meanwhile (YAML), then, after lines
 * of dashes, what stands on stdout, stderr and the screen, and the exit code. `UPDATE_GOLDEN=1` writes what is
 * printed now into the files; the diff is for reading.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';

import { run } from '../../../src/cli/run.ts';
import type { Io } from '../../../src/cli/io.ts';
import { TestIo } from '../../support/cli-io.ts';
import { scriptedBackend } from '../../support/cli-script.ts';
import type { Frame, Script } from '../../support/cli-script.ts';

interface Case extends Script {
  /** What was typed. */
  readonly faaso: string;
  readonly terminal?: { readonly columns: number; readonly rows: number };
  readonly env?: Io['env'];
}

const folder = fileURLToPath(new URL('.', import.meta.url));
const files = readdirSync(folder).filter((name) => name.endsWith('.golden'));
const START = Date.parse('2026-11-21T07:00:00Z');

beforeAll(() => {
  // Lines of a verb that runs for hours carry the reader's time of day.
  process.env['TZ'] = 'UTC';
});

describe('the command line prints', () => {
  test.each(files)('%s', async (name) => {
    const text = readFileSync(`${folder}${name}`, 'utf8');
    const [input = ''] = text.split(/^-{10}/m, 1);
    const printed = await play(parse(input) as Case);
    if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(`${folder}${name}`, input + printed);
    expect(printed).toBe(readFileSync(`${folder}${name}`, 'utf8').slice(input.length));
  });
});

async function play(item: Case): Promise<string> {
  const { terminal, env } = item;
  const io = new TestIo({
    now: START,
    ...(terminal === undefined ? {} : { terminal }),
    ...(env === undefined ? {} : { env }),
  });
  const frames: Frame[] = [];
  const code = await run(item.faaso.split(' '), io, scriptedBackend(item, io, frames));
  expect(io.listeners, 'timers and listeners that are left').toBe(0);
  // oxlint-disable-next-line no-control-regex -- the very thing that must not be there
  expect(io.stdout + io.stderr).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f]/);
  const sections = [
    ...frames.map((frame) => ['screen after ' + String(frame.at) + ' s', frame.text] as const),
    ['screen at the end', io.screen?.text() ?? ''] as const,
    ['stdout', io.stdout] as const,
    ['stderr', io.stderr] as const,
  ].filter(([, shown]) => shown !== '');
  return `${sections.map(([title, shown]) => `---------- ${title}\n${shown}`).join('')}---------- exit ${io.exited ?? code}\n`;
}
