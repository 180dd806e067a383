import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { unpackTar } from 'modern-tar';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

import { contextEntries, templateEntries } from '../../../src/build/context.ts';
import { contextTar } from '../../../src/build/tar.ts';
import type { FileCopy } from '../../../src/core/specs.ts';
import type { Tree } from '../../support/build-fixture.ts';
import { buildFixture } from '../../support/build-fixture.ts';

/** Above the line of dashes: files and links on disk (YAML), `files:` and env files. Below it: the tar that the engine gets. */
const SEPARATOR = '\n----------\n';

interface Case {
  readonly tree: Tree;
  readonly files?: readonly FileCopy[];
  /** Relative to the project. */
  readonly envFiles?: readonly string[];
}

async function listing({ tree, files = [], envFiles = [] }: Case): Promise<string> {
  const fixture = await buildFixture({ tree, source: { files } });
  const { root } = fixture;
  const source = { ...fixture.source, envFiles: envFiles.map((path) => join(root, path)) };
  try {
    const entries = await contextEntries(root, source, await templateEntries(source.runtime));
    const tar = await unpackTar(ReadableStream.from(contextTar(entries)));
    return tar.map(({ header, data }) => line(header, data)).join('\n');
  } catch (error) {
    return `error: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function line(
  header: Awaited<ReturnType<typeof unpackTar>>[number]['header'],
  data: Uint8Array | undefined,
): string {
  const mode = (header.mode ?? 0).toString(8).padStart(4, '0');
  const rest =
    header.type === 'symlink' ? ` -> ${header.linkname ?? ''}` : data === undefined ? '' : ` ${data.length}`;
  return `${mode} ${header.name}${rest}`;
}

describe('the context that the engine gets', () => {
  const folder = import.meta.dirname;
  it.each(readdirSync(folder).filter((name) => name.endsWith('.txt')))('%s', async (name) => {
    const [input = '', expected = ''] = readFileSync(join(folder, name), 'utf8').split(SEPARATOR);
    expect(await listing(parse(input) as Case)).toBe(expected.trimEnd());
  });
});
