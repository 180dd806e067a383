import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { faaso, faasoInShell, faasoOnTerminal } from '../../support/built-cli.ts';
import type { Ended } from '../../support/built-cli.ts';
import { TestProject } from '../../support/project.ts';
import type { Row } from './rows.ts';

const SLOW =
  'await new Promise((resolve) => setTimeout(resolve, 600_000));\nexport const handler = () => "slow";';
const STUCK = 'ARG BASE_RUN\nFROM $BASE_RUN\nRUN echo building && sleep 600\n';
const BASE = ['faaso/base-node:bookworm', 'node:24-bookworm-slim'];

const GREETS = { test: [{ name: 'greets', expect: { status: 200 } }] };

/** A project in which every verb can succeed. */
export async function deployedProject(): Promise<TestProject> {
  const project = writtenProject();
  await project.deploy();
  // A second release, for what goes back to the first.
  project.node('hello', 'export const handler = () => "hello again";', GREETS);
  await project.deploy();
  return project;
}

/** Adds a function that never becomes healthy, and one whose build never ends, for Ctrl-C. */
export function addEndless(project: TestProject): void {
  const test = [{ name: 'never runs', expect: {} }];
  project.node('slow', SLOW, { health: { start_period: '10m' }, test });
  project.write('functions/stuck/metadata.yml', 'runtime: stuck');
  project.write('templates/stuck/Dockerfile', STUCK);
  const runtime = { name: 'stuck', description: 'Never built', bases: { build: BASE, run: BASE } };
  project.write('templates/stuck/runtime.yml', JSON.stringify(runtime));
  project.configure({ routes: { '/hello': 'hello', '/slow': 'slow', '/stuck': 'stuck' } });
}

/** The same project, of which nothing was ever applied. */
export function writtenProject(): TestProject {
  const project = new TestProject({ routes: { '/hello': 'hello' } });
  project.node('hello', 'export const handler = () => "hello";', GREETS);
  return project;
}

export type Way = 'pipe' | 'terminal' | 'head';

/** One use of a verb in a folder. `%FOLDER%` and `%NAME%` among its words are new ones. */
export async function use(
  row: Row,
  extra: readonly string[],
  cwd: string,
  way: Way,
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const { stdin: input, first } = row;
  const options = { cwd, env, ...(input === undefined ? {} : { input }) };
  if (first !== undefined) await faasoInShell(first, { cwd, env });
  return await withPlaces(row.args ?? [], async (args) => {
    const words = [...row.verb.split(' '), ...extra, ...args];
    if (way === 'terminal') return await faasoOnTerminal(words, options);
    const line = words.map((word) => `'${word}'`).join(' ');
    const fed = input === undefined ? line : `${line} <<< '${input}'`;
    if (way === 'head') return await faasoInShell(`faaso ${fed} | head -n 1`, { cwd, env });
    return input === undefined
      ? await faaso(words, { cwd, env })
      : await faasoInShell(`faaso ${fed}`, { cwd, env });
  });
}

/** Fills in a folder that does not exist yet, and a name that no function has. */
async function withPlaces<Answer>(
  args: readonly string[],
  work: (args: readonly string[]) => Promise<Answer>,
): Promise<Answer> {
  const named = args.map((word) => (word === '%NAME%' ? `new-${randomBytes(4).toString('hex')}` : word));
  if (!named.includes('%FOLDER%')) return await work(named);
  const parent = mkdtempSync(join(tmpdir(), 'faaso-verb-'));
  try {
    return await work(named.map((word) => (word === '%FOLDER%' ? join(parent, 'new') : word)));
  } finally {
    rmSync(parent, { recursive: true, force: true });
  }
}
