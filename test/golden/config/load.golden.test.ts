/**
 * Each `*.golden` file is one project: its files after lines `-- path --` (`-- env --` is the environment,
 * `-- overlays --` names the further project files), then, after a line of dashes, what loading it says. `UPDATE_GOLDEN=1` writes what it says now into the files; the diff
 * is for reading.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

import type { Assignment } from '../../../src/config/dotenv.ts';
import { parseDotenv } from '../../../src/config/dotenv.ts';
import { loadProject } from '../../../src/config/load.ts';
import { Problems } from '../../../src/config/problems.ts';
import { sourceText } from '../../../src/config/source.ts';
import { diagnosticsText } from '../../support/diagnostics-text.ts';
import { projectFolder } from '../../support/project-folder.ts';

const SEPARATOR = '\n----------\n';
const folder = fileURLToPath(new URL('.', import.meta.url));
const templates = fileURLToPath(new URL('../../support/templates', import.meta.url));
const cases = readdirSync(folder).filter((name) => name.endsWith('.golden'));

describe('loading a project says', () => {
  test.each(cases)('%s', async (name) => {
    const text = readFileSync(`${folder}${name}`, 'utf8');
    const [input = ''] = text.split(SEPARATOR, 1);
    const said = `${input}${SEPARATOR}${await play(input)}`;
    if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(`${folder}${name}`, said);
    expect(said).toBe(readFileSync(`${folder}${name}`, 'utf8'));
  });
});

async function play(input: string): Promise<string> {
  const {
    env = '',
    overlays = '',
    ...files
  } = Object.fromEntries(
    [...`${input}\n`.matchAll(/^-- (.+) --\n([^]*?)(?=^-- .+ --\n|(?![^]))/gm)].map(([, path, content]) => [
      path,
      content,
    ]),
  );
  const project = projectFolder(files);
  const variables = valuesOf(parseDotenv(sourceText('env', env), new Problems()));
  const result = await loadProject({
    file: project.file,
    overlays: overlaysIn(project.root, overlays),
    env: variables,
    templates,
  });
  const named = (text: string) =>
    text.replaceAll(project.root, '<root>').replaceAll(templates, '<templates>');
  if (result.kind === 'invalid') return named(diagnosticsText(result.diagnostics));
  const { warnings, kind: _, ...rest } = result;
  // Sorted by the names that stand here: which of the real ones comes first depends on where the repository lies.
  const watched = rest.watched.map(named).sort();
  const json = named(JSON.stringify({ ...rest, watched }, null, 2));
  return `${diagnosticsText(warnings)}${json}\n`;
}

function overlaysIn(root: string, lines: string): readonly string[] {
  return lines.split('\n').flatMap((path) => (path === '' ? [] : [join(root, path)]));
}

function valuesOf(assignments: ReadonlyMap<string, Assignment>): Readonly<Record<string, string>> {
  return Object.fromEntries([...assignments].map(([name, { value }]) => [name, value]));
}
